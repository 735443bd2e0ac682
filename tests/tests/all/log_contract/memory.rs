//! The log in memory keeps the contract; and its faults are what they say.

use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::memory::{Fate, MemoryLog};
use threadline_eventlog::{Error, EventLog, OwnershipChange, Start, Topic};

use super::{LogUnderTest, append_all, every_check, numbered, numbers_of, tail_of, take};

struct Memory(MemoryLog);

fn start() -> impl Future<Output = Option<Memory>> {
    std::future::ready(Some(Memory(MemoryLog::new(Memory::PARTITIONS))))
}

impl LogUnderTest for Memory {
    type Process = MemoryLog;

    const TAKEOVER_MAX: Duration = Duration::from_secs(1);
    const PARTITIONS: u32 = 5;

    async fn open(&self) -> Arc<MemoryLog> {
        Arc::new(self.0.process())
    }

    async fn kill(&self, process: &MemoryLog) {
        process.kill();
    }

    async fn go_away(&self) {
        self.0.set_outage(true);
    }

    async fn come_back(&self) {
        self.0.set_outage(false);
    }

    async fn take_away(&self, topic: Topic) {
        for partition in 0..Self::PARTITIONS {
            self.0.set_partition_outage(topic, partition, true);
        }
    }

    async fn expire(&self, topic: Topic) {
        for (partition, end) in self.0.ends(topic).await.all().expect("the log answers") {
            self.0.truncate(topic, partition, end);
        }
    }
}

every_check!(super::start);

#[tokio::test]
async fn an_append_fails_before_or_after_it_took_effect() {
    let log = MemoryLog::new(1);
    let mut fates = [Fate::Confirmed, Fate::FailedBefore, Fate::FailedAfter, Fate::Confirmed].into_iter();
    log.set_fates(move |_, _| fates.next().unwrap_or_default());
    append_all(&log, Topic::Messages, 0, 0..1).await;
    for number in 1..3 {
        let failed = log.append_to(Topic::Messages, 0, numbered("k", number)).await;
        assert!(matches!(failed, Err(Error::Unavailable(_))));
    }
    append_all(&log, Topic::Messages, 0, 3..4).await;
    let seen = take(&mut tail_of(&log, Topic::Messages, 0, Start::At(0)), 3).await;
    assert_eq!(numbers_of(&seen), [0, 2, 3]);
}

#[tokio::test]
async fn confirmations_come_late_and_in_any_order() {
    let log = MemoryLog::new(1);
    log.set_fates(|_, _| Fate::Withheld);
    let pending: Vec<_> = (0..3).map(|number| log.append_to(Topic::Messages, 0, numbered("k", number))).collect();
    let seen = take(&mut tail_of(&log, Topic::Messages, 0, Start::At(0)), 3).await;
    assert_eq!(numbers_of(&seen), [0, 1, 2], "the records are there, and in call order");
    assert_eq!(log.confirm(1, |waiting| waiting - 1), 2, "the last one first");
    let mut pending = pending.into_iter().map(futures_util::FutureExt::now_or_never);
    assert!(pending.next().is_some_and(|first| first.is_none()));
    assert!(pending.next().is_some_and(|second| second.is_none()));
    assert_eq!(pending.next().flatten().map(|last| last.expect("confirmed").offset), Some(2));
}

#[tokio::test]
async fn for_a_while_there_are_two_owners() {
    let (log, other) = (MemoryLog::new(1), MemoryLog::new(1));
    drop(other);
    let other = log.process();
    let (mut zombie, mut heir) = (log.own(Topic::MessagesCommands, "g"), other.own(Topic::MessagesCommands, "g"));
    assert!(matches!(zombie.changed().await, Some(OwnershipChange::Assigned(_))));
    log.expire();
    assert!(matches!(heir.changed().await, Some(OwnershipChange::Assigned(_))));
    append_all(&log, Topic::Messages, 0, 0..1).await;
    assert!(matches!(zombie.changed().await, Some(OwnershipChange::Lost(lost)) if lost == [0]));
}

#[tokio::test]
async fn a_partition_that_is_away_fails_alone() {
    let log = MemoryLog::new(2);
    append_all(&log, Topic::Messages, 1, 0..3).await;
    log.set_partition_outage(Topic::Messages, 0, true);
    let ends = log.ends(Topic::Messages).await;
    assert!(matches!(ends.of(0), Err(Error::Unavailable(_))));
    assert_eq!((ends.of(1).expect("it is there"), ends.known().len()), (Some(3), 1));
    let waits = log.append_to(Topic::Messages, 0, numbered("k", 0));
    append_all(&log, Topic::Messages, 1, 3..4).await;
    log.set_partition_outage(Topic::Messages, 0, false);
    assert_eq!(waits.await.expect("it is back").offset, 0);
    assert_eq!(log.ends(Topic::Messages).await.all().expect("both are there"), [(0, 1), (1, 4)].into());
}
