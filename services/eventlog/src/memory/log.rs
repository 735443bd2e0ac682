//! One process's way into the log in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::broker::{Broker, PartitionLog};
use super::fate::Fate;
use super::{ownership, tail};
use crate::{
    Appending, Error, EventLog, NewRecord, Offset, Ownership, Partition, PartitionOffsets, Start, Tail, Topic,
    partition_of,
};

/// A process's way into a log in memory; when the last clone is dropped, its tails and ownerships end.
#[derive(Clone, Debug)]
pub struct MemoryLog {
    broker: Arc<Broker>,
    process: Arc<Process>,
}

#[derive(Debug)]
struct Process {
    number: u64,
    closing: CancellationToken,
    broker: Arc<Broker>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.closing.cancel();
        self.broker.forget(self.number);
    }
}

impl MemoryLog {
    /// A new, empty log whose topics have this many partitions, and a first process on it.
    pub fn new(partitions: u32) -> Self {
        let broker = Arc::new(Broker::new(partitions));
        Self { process: Self::enter(&broker), broker }
    }

    /// Another process on the same log.
    pub fn process(&self) -> Self {
        Self { process: Self::enter(&self.broker), broker: Arc::clone(&self.broker) }
    }

    fn enter(broker: &Arc<Broker>) -> Arc<Process> {
        let number = broker.enter();
        Arc::new(Process { number, closing: CancellationToken::new(), broker: Arc::clone(broker) })
    }

    /// Kills this process: its tails and ownerships end without a word, what it owned goes to others, and appends fail.
    pub fn kill(&self) {
        self.process.closing.cancel();
        self.broker.forget(self.process.number);
    }

    /// Lets others take what this process owns, and only then tells it: for a while there are two owners.
    pub fn expire(&self) {
        self.broker.expire(self.process.number);
    }

    /// Decides about every append from now on, of all processes; it must not call the log.
    pub fn set_fates(&self, fate: impl FnMut(Topic, Partition) -> Fate + Send + 'static) {
        self.broker.set_fates(Box::new(fate));
    }

    /// Tells up to `count` callers whose confirmation was [withheld](Fate::Withheld), in the order that `pick` gives: from
    /// how many wait it picks one. Returns how many still wait.
    pub fn confirm(&self, count: usize, pick: impl FnMut(usize) -> usize) -> usize {
        self.broker.confirm(count, pick)
    }

    /// Takes the log away from all processes, or gives it back. Meanwhile tails and ownership stand still, and appends
    /// wait, for a while and in a bounded queue.
    pub fn set_outage(&self, outage: bool) {
        self.broker.set_outage(outage);
    }

    /// Takes one partition away from all processes, or gives it back; the others go on.
    pub fn set_partition_outage(&self, topic: Topic, partition: Partition, outage: bool) {
        self.broker.set_partition_outage(topic, partition, outage);
    }

    /// Takes the records before an offset away, as retention does.
    pub fn truncate(&self, topic: Topic, partition: Partition, before: Offset) {
        self.broker.truncate(topic, partition, before);
    }
}

impl EventLog for MemoryLog {
    fn partitions(&self, _topic: Topic) -> u32 {
        self.broker.partitions
    }

    fn append(&self, topic: Topic, record: NewRecord) -> Appending {
        let partition = partition_of(&record.key, self.broker.partitions);
        self.append_to(topic, partition, record)
    }

    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        if partition >= self.broker.partitions {
            return Appending::failed(Error::Misconfigured(format!("{topic} has no partition {partition}").into()));
        }
        if self.process.closing.is_cancelled() {
            return Appending::failed(Error::Unavailable("the process was killed".into()));
        }
        Broker::append(&self.broker, self.process.number, topic, partition, record)
    }

    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        tail::follow(&self.broker, self.process.closing.clone(), topic, from)
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        Box::pin(async move { self.broker.bounds(topic, PartitionLog::end) })
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        Box::pin(async move { self.broker.bounds(topic, |partition| partition.start) })
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        ownership::join(&self.broker, self.process.number, self.process.closing.clone(), topic, group)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { self.broker.health() })
    }

    fn id(&self) -> String {
        self.broker.id.clone()
    }
}
