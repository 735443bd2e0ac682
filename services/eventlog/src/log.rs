//! The trait that every log implements.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::{Error, NewRecord, Offset, Partition, PartitionOffsets, Position, Tail, Topic};

/// An ordered, partitioned, durable log.
///
/// - Records of one partition are totally ordered and offsets rise by one from 0 (compaction and retention may take
///   records away later; they never renumber). After a crash the Postgres log skips once the offsets of commands and
///   rejections that may have been seen and lost.
/// - `key → partition` equals the JVM clients' default partitioner: `(murmur2(key) & 0x7fffffff) % partitions`.
/// - Calls of [`EventLog::append`] by one process to one partition take effect in call order.
/// - No hole that a caller does not know of: an append that fails, whatever the reason, takes with it every later append of this
///   process to that partition (as [`Error::Unavailable`]), until its caller has seen the failure or dropped the future.
///   Signals are the exception where they are in no table (Postgres): any of them may be lost alone.
/// - All queues are bounded.
pub trait EventLog: Send + Sync + 'static {
    /// How many partitions the topic has; fixed for its life.
    fn partitions(&self, topic: Topic) -> u32;

    /// Queues a record for appending, at once and in call order; the future resolves when it is durable (every
    /// in-sync replica, or a committed transaction). Dropping the future does not take the record back.
    /// Fails with [`Error::Full`] when the queue is full, [`Error::TooLarge`] and [`Error::Unavailable`].
    fn append(&self, topic: Topic, record: NewRecord) -> Appending;

    /// Like [`append`](Self::append), to a named partition whatever the key says: an event goes where its command was.
    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending;

    /// Follows partitions from given offsets on, for ever. An offset before the first record still kept means the first
    /// one kept. Survives outages of the log by itself: batches pause and go on, nothing is skipped.
    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail;

    /// For each partition one past its last record. A partition that does not answer fails alone.
    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets>;

    /// For each partition the first offset still kept, or its end when it is empty. A partition that does not answer
    /// fails alone.
    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets>;

    /// Takes part in sharing out the topic's partitions among all processes that name the same group. An owner that
    /// dies loses its partitions to the others (within 3 s on Postgres, 10 s on Kafka).
    fn own(&self, topic: Topic, group: &str) -> Ownership;

    /// Whether the log answers now; for readiness. The text says what is wrong.
    fn health(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// A name for this log's content that no other log has: offsets mean nothing without it. Fixed for its life.
    fn id(&self) -> String;
}

/// Where a tail starts in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this offset, or the first one kept after it.
    At(Offset),
    /// After the last record that exists when the tail starts.
    End,
}

/// Resolves when an appended record is durable, to its position.
pub struct Appending(BoxFuture<'static, Result<Position, Error>>);

impl Appending {
    /// From any future.
    pub fn new(future: impl Future<Output = Result<Position, Error>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }

    /// Already failed.
    pub fn failed(error: Error) -> Self {
        Self::new(std::future::ready(Err(error)))
    }
}

impl Future for Appending {
    type Output = Result<Position, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

/// A change in what this process owns.
#[derive(Debug)]
pub enum OwnershipChange {
    /// These partitions are ours now. Next to each: the offset committed last (resume there), if any.
    Assigned(BTreeMap<Partition, Option<Offset>>),
    /// These are to be given up. Stop, then send on `done`; others wait for it, at most a few seconds.
    Revoked {
        /// Which.
        partitions: Vec<Partition>,
        /// To be sent when this process has stopped working on them. Dropping it counts as sent.
        done: oneshot::Sender<()>,
    },
    /// These were lost already (session expired, connection gone): someone else may own them.
    Lost(Vec<Partition>),
}

/// A process's part in a group. Dropping it leaves the group, soon; [`leave`](Self::leave) waits for it.
pub struct Ownership {
    changes: mpsc::Receiver<OwnershipChange>,
    commits: mpsc::Sender<(Partition, Offset)>,
}

impl Ownership {
    /// From the ends of two bounded channels. When nobody listens to the changes any more, the log leaves the group and then
    /// drops the receiving end of the commits.
    pub fn new(changes: mpsc::Receiver<OwnershipChange>, commits: mpsc::Sender<(Partition, Offset)>) -> Self {
        Self { changes, commits }
    }

    /// The next change; `None` when the log was shut down. Cancel-safe.
    pub async fn changed(&mut self) -> Option<OwnershipChange> {
        self.changes.recv().await
    }

    /// Notes that everything below `offset` is done. It is kept soon but not at once, and before an owner that leaves has
    /// left; it is left out when the queue is full.
    ///
    /// Whoever takes over may resume there. Commands above what their group has committed are not taken away by
    /// retention (Postgres), so nothing may be committed before what it led to is durable.
    pub fn commit(&self, partition: Partition, offset: Offset) {
        let _ = self.commits.try_send((partition, offset));
    }

    /// Leaves the group: others may take the partitions when this returns. A process that ends without this may end
    /// before it has left, and its partitions wait until the group gives up on it. Waits as long as the log takes, so the
    /// caller sets a limit.
    pub async fn leave(self) {
        drop(self.changes);
        self.commits.closed().await;
    }
}
