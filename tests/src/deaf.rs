//! A log whose events do not reach one process.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use threadline_domain::{Partition, Topic};
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::{Appending, Error, EventLog, NewRecord, Ownership, PartitionOffsets, Start, Tail};

/// A process on the log whose tails of `messages` bring nothing, as if its reading stood still. Everything else works.
#[derive(Debug)]
pub struct DeafLog(pub MemoryLog);

impl EventLog for DeafLog {
    fn partitions(&self, topic: Topic) -> u32 {
        self.0.partitions(topic)
    }

    fn append(&self, topic: Topic, record: NewRecord) -> Appending {
        self.0.append(topic, record)
    }

    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        self.0.append_to(topic, partition, record)
    }

    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        self.0.tail(topic, if topic == Topic::Messages { BTreeMap::new() } else { from })
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.0.ends(topic)
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.0.starts(topic)
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        self.0.own(topic, group)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.0.health()
    }

    fn id(&self) -> String {
        self.0.id()
    }
}
