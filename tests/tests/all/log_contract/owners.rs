//! Sharing partitions out.

use std::collections::{BTreeMap, BTreeSet};

use threadline_eventlog::{EventLog, Offset, Ownership, OwnershipChange, Partition, Topic};
use tokio::time::timeout;

use super::{LogUnderTest, PATIENCE};

pub(super) async fn who_leaves_gives_back<L: LogUnderTest>(log: &L) {
    let (one, other) = (log.open().await, log.open().await);
    let (mut first, mut second) = (one.own(Topic::MessagesCommands, "g"), other.own(Topic::MessagesCommands, "g"));
    let (mut held_first, mut held_second) = (Held::default(), Held::default());
    share((&mut held_first, &mut first), (&mut held_second, &mut second), L::PARTITIONS).await;
    drop(first);
    hold(&mut held_second, &mut second, L::PARTITIONS).await;
}

pub(super) async fn the_next_owner_learns_the_commit<L: LogUnderTest>(log: &L) {
    let (one, other) = (log.open().await, log.open().await);
    super::append_all(&*one, Topic::MessagesCommands, 0, 0..50).await;
    super::append_all(&*one, Topic::MessagesCommands, 1, 0..50).await;
    let mut first = one.own(Topic::MessagesCommands, "g");
    let mut held_first = Held::default();
    hold(&mut held_first, &mut first, L::PARTITIONS).await;
    assert!(held_first.0.values().all(Option::is_none), "nobody has committed anything yet");
    for partition in 0..2 {
        first.commit(partition, 40 + u64::from(partition));
    }
    // The other one joins; what it gets was given up by the first, after its commits.
    let mut second = other.own(Topic::MessagesCommands, "g");
    let mut held_second = Held::default();
    share((&mut held_first, &mut first), (&mut held_second, &mut second), L::PARTITIONS).await;
    drop(first);
    hold(&mut held_second, &mut second, L::PARTITIONS).await;
    // And whoever comes after both.
    drop(second);
    let last = log.open().await;
    let mut third = last.own(Topic::MessagesCommands, "g");
    let mut held_third = Held::default();
    hold(&mut held_third, &mut third, L::PARTITIONS).await;
    for partition in 0..L::PARTITIONS {
        let expected = (partition < 2).then(|| 40 + u64::from(partition));
        assert_eq!(held_third.0[&partition], expected, "partition {partition}");
    }
}

pub(super) async fn groups_do_not_meet<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let mut ownerships = [
        process.own(Topic::MessagesCommands, "g"),
        process.own(Topic::MessagesCommands, "h"),
        process.own(Topic::Reads, "g"),
    ];
    for ownership in &mut ownerships {
        hold(&mut Held::default(), ownership, L::PARTITIONS).await;
    }
}
