//! A process's handle of the log in memory.

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

/// A process's handle of a log in memory. When the last clone is dropped, its tails and ownerships end.
///
/// ```text
/// let log = MemoryLog::new(4);            // a log with 4 partitions a topic, and a first process on it
/// let other = log.process();              // a second process on the same log
/// log.set_fates(|topic, partition| Fate::FailedAfter);   // every append is there, and its caller gets a failure
/// log.kill();                             // the first process's tails and ownerships end; its partitions go to `other`
/// ```
///
/// Injected faults: failed, lost and delayed confirmations ([`set_fates`](Self::set_fates),
/// [`confirm`](Self::confirm)), outages of the log or one partition, two owners at once ([`expire`](Self::expire)),
/// retention ([`truncate`](Self::truncate)).
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
    /// Makes an empty log whose topics have this many partitions, and a first process on it.
    pub fn new(partitions: u32) -> Self {
        let broker = Arc::new(Broker::new(partitions));
        Self { process: Self::enter(&broker), broker }
    }

    /// Adds a process to the same log.
    pub fn process(&self) -> Self {
        Self { process: Self::enter(&self.broker), broker: Arc::clone(&self.broker) }
    }

    fn enter(broker: &Arc<Broker>) -> Arc<Process> {
        let number = broker.enter();
        Arc::new(Process { number, closing: CancellationToken::new(), broker: Arc::clone(broker) })
    }

    /// Kills this process: its tails and ownerships end silently, its partitions go to others, and its appends fail.
    pub fn kill(&self) {
        self.process.closing.cancel();
        self.broker.forget(self.process.number);
    }

    /// Lets others take what this process owns, and tells it only then: for a while there are two owners.
    pub fn expire(&self) {
        self.broker.expire(self.process.number);
    }

    /// Sets the function that decides the fate of every append from now on, of all processes; it must not call the log.
    pub fn set_fates(&self, fate: impl FnMut(Topic, Partition) -> Fate + Send + 'static) {
        self.broker.set_fates(Box::new(fate));
    }

    /// Confirms up to `count` [withheld](Fate::Withheld) appends, in the order that `pick` gives: it gets the number of
    /// waiting appends and picks one. Returns how many still wait.
    pub fn confirm(&self, count: usize, pick: impl FnMut(usize) -> usize) -> usize {
        self.broker.confirm(count, pick)
    }

    /// Begins or ends an outage for all processes. Meanwhile tails and ownership stand still, and appends wait for a
    /// bounded time in a bounded queue.
    pub fn set_outage(&self, outage: bool) {
        self.broker.set_outage(outage);
    }

    /// Begins or ends an outage of one partition; the others go on.
    pub fn set_partition_outage(&self, topic: Topic, partition: Partition, outage: bool) {
        self.broker.set_partition_outage(topic, partition, outage);
    }

    /// Removes the records below an offset, as retention does.
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
