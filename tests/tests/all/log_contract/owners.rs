//! Sharing partitions out.

use std::collections::{BTreeMap, BTreeSet};

use threadline_eventlog::{EventLog, Offset, Ownership, OwnershipChange, Partition, Topic};
use tokio::time::timeout;

use super::{LogUnderTest, PATIENCE};

/// What an owner holds now.
#[derive(Default)]
pub(super) struct Held(pub(super) BTreeMap<Partition, Option<Offset>>);

impl Held {
    /// Takes the next change in.
    pub(super) async fn follow(&mut self, ownership: &mut Ownership) {
        match ownership.changed().await.expect("ownership goes on") {
            OwnershipChange::Assigned(partitions) => {
                for (partition, committed) in partitions {
                    assert!(self.0.insert(partition, committed).is_none(), "{partition} was ours already");
                }
            }
            OwnershipChange::Revoked { partitions, done } => {
                self.0.retain(|partition, _| !partitions.contains(partition));
                let _ = done.send(());
            }
            OwnershipChange::Lost(partitions) => self.0.retain(|partition, _| !partitions.contains(partition)),
        }
    }

    fn partitions(&self) -> BTreeSet<Partition> {
        self.0.keys().copied().collect()
    }
}

/// Follows until this owner holds so many.
pub(super) async fn hold(held: &mut Held, ownership: &mut Ownership, count: u32) {
    let follow = async {
        while held.0.len() != count as usize {
            held.follow(ownership).await;
        }
    };
    timeout(PATIENCE, follow).await.expect("the owner gets its share");
}

/// Follows both until each holds its share.
pub(super) async fn share(one: (&mut Held, &mut Ownership), other: (&mut Held, &mut Ownership), partitions: u32) {
    let follow = async {
        let small = (partitions / 2) as usize;
        while one.0.0.len().min(other.0.0.len()) != small || one.0.0.len() + other.0.0.len() != partitions as usize {
            tokio::select! {
                () = one.0.follow(one.1) => {}
                () = other.0.follow(other.1) => {}
            }
        }
    };
    timeout(PATIENCE, follow).await.expect("both get their share");
}

pub(super) async fn two_owners_share_all_partitions<L: LogUnderTest>(log: &L) {
    let (one, other) = (log.open().await, log.open().await);
    let (mut first, mut second) = (one.own(Topic::MessagesCommands, "g"), other.own(Topic::MessagesCommands, "g"));
    let (mut held_first, mut held_second) = (Held::default(), Held::default());
    share((&mut held_first, &mut first), (&mut held_second, &mut second), L::PARTITIONS).await;
    assert!(held_first.partitions().is_disjoint(&held_second.partitions()));
    let all: BTreeSet<_> = held_first.partitions().union(&held_second.partitions()).copied().collect();
    assert_eq!(all, (0..L::PARTITIONS).collect());
}

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

pub(super) async fn who_has_left_has_given_back_and_committed<L: LogUnderTest>(log: &L) {
    let (one, other) = (log.open().await, log.open().await);
    super::append_all(&*one, Topic::MessagesCommands, 0, 0..50).await;
    let mut first = one.own(Topic::MessagesCommands, "g");
    hold(&mut Held::default(), &mut first, L::PARTITIONS).await;
    first.commit(0, 40);
    timeout(PATIENCE, first.leave()).await.expect("the group is left");
    let mut second = other.own(Topic::MessagesCommands, "g");
    let mut held = Held::default();
    hold(&mut held, &mut second, L::PARTITIONS).await;
    assert_eq!(held.0[&0], Some(40));
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
