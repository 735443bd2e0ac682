//! The trait that every log implements.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::{Error, NewRecord, Offset, Partition, PartitionOffsets, Position, Tail, Topic};

/// An ordered, partitioned, durable log.
///
/// # Order
///
/// Records of one partition are totally ordered. Offsets rise by one from 0; compaction and retention may remove
/// records later, and never renumber. After a crash the Postgres log once skips offsets of commands and rejections
/// that readers may have seen and the crash lost. There is no order between partitions.
///
/// Calls of [`append`](Self::append) by one process to one partition take effect in call order.
///
/// A key belongs to the partition that the JVM clients' default partitioner gives it: `(murmur2(key) & 0x7fffffff) %
/// partitions`.
///
/// # Failed appends
///
/// Once an append to a partition fails, every later append that this process makes to it fails too
/// ([`Error::Unavailable`]), until the caller has received the first failure or dropped its future. A writer that stops
/// at its first error therefore never leaves a gap:
///
/// ```text
/// append(1) ok   append(2) FAILED   append(3) fails as well            the log has 1
///                caller receives the failure of 2
/// append(2) ok   append(3) ok                                          the log has 1 2 3
/// ```
///
/// A failure means "not confirmed", not "not appended": after [`Error::Unavailable`] the record may be in the log, and
/// may be there twice after a retry. Signals in the Postgres log, which stores them in no table, are the exception:
/// each may be lost alone.
///
/// # Cancellation
///
/// A record is queued when `append` returns. Dropping the future does not take it back.
///
/// # Outages
///
/// Tails and ownerships reconnect by themselves. Appends wait for a bounded time and then fail as retryable.
pub trait EventLog: Send + Sync + 'static {
    /// Returns how many partitions the topic has. Fixed when the log is made.
    fn partitions(&self, topic: Topic) -> u32;

    /// Queues a record for appending, at once and in call order. The future resolves when the record is durable (on
    /// every in-sync replica, or in a committed transaction).
    ///
    /// Fails with [`Error::Full`] when the queue is full, [`Error::TooLarge`], or [`Error::Unavailable`] when nothing
    /// confirmed the record in time.
    fn append(&self, topic: Topic, record: NewRecord) -> Appending;

    /// Appends like [`append`](Self::append), to a named partition whatever the key says: an event goes to the
    /// partition of its command.
    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending;

    /// Follows partitions from the given offsets, until the tail is dropped. An offset below the first record still
    /// kept means that record. During an outage batches pause; afterwards they go on, and nothing is skipped.
    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail;

    /// Returns for each partition the offset after its last record. A partition that does not answer fails alone.
    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets>;

    /// Returns for each partition the first offset still kept, or its end when it is empty. A partition that does not
    /// answer fails alone.
    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets>;

    /// Takes part in sharing out the topic's partitions among all processes that name the same group. An owner that
    /// dies loses its partitions to the others (within 3 s on Postgres, 10 s on Kafka).
    fn own(&self, topic: Topic, group: &str) -> Ownership;

    /// Checks whether the log answers now; for readiness. The error's text says what is wrong.
    fn health(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// Returns a name for this log's content that no other log has. Offsets mean nothing without it. Fixed when the log
    /// is made.
    fn id(&self) -> String;
}

/// Where a tail starts in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From this offset, or from the first one kept after it.
    At(Offset),
    /// After the last record that is there when the tail starts.
    End,
}

/// The outcome of an append: resolves to the record's position when the record is durable.
///
/// Dropping it does not take the record back; it counts as having received a failure ("Failed appends" of
/// [`EventLog`]).
///
/// ```text
/// let first = log.append(topic, one);      // both are queued now, in this order
/// let second = log.append(topic, two);
/// first.await?;                            // if this fails, `second` fails too where it is in the same partition
/// second.await?;
/// ```
pub struct Appending(BoxFuture<'static, Result<Position, Error>>);

impl Appending {
    /// Wraps a future.
    pub fn new(future: impl Future<Output = Result<Position, Error>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }

    /// Makes one that has already failed.
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

/// A change in which partitions this process owns.
#[derive(Debug)]
pub enum OwnershipChange {
    /// These partitions are ours now. Each with the offset that the group committed last, where to resume; `None` if
    /// the group has committed nothing.
    Assigned(BTreeMap<Partition, Option<Offset>>),
    /// Give these up: stop working on them, then send on `done`. The next owner waits for it, a few seconds at most.
    Revoked {
        /// The partitions to give up.
        partitions: Vec<Partition>,
        /// Send when this process has stopped working on them. Dropping it counts as sent.
        done: oneshot::Sender<()>,
    },
    /// These are lost already (the session expired, the connection is gone): another process may own them by now.
    Lost(Vec<Partition>),
}

/// A process's membership in a group that shares out partitions.
///
/// ```text
/// Assigned {0, 1, 2} ──▶ work ──▶ Revoked {2}: stop work on 2, done.send() ──▶ another process gets Assigned {2}
///                          └────▶ Lost {0, 1}: stop at once; another process may be at work already
/// ```
///
/// Ownership is advice, not a lock on the log: around a `Lost` two processes may append to one partition for a moment.
/// The second copies are dropped by their cause (decision 3).
///
/// Dropping it leaves the group in the background; [`leave`](Self::leave) waits until the group knows.
pub struct Ownership {
    changes: mpsc::Receiver<OwnershipChange>,
    commits: mpsc::Sender<(Partition, Offset)>,
}

impl Ownership {
    /// Makes one from the ends of two bounded channels. When nobody listens to the changes any more, the log leaves the
    /// group and then drops the receiving end of the commits.
    pub fn new(changes: mpsc::Receiver<OwnershipChange>, commits: mpsc::Sender<(Partition, Offset)>) -> Self {
        Self { changes, commits }
    }

    /// Waits for the next change; `None` when the log was shut down. Cancel-safe: a change is never lost.
    pub async fn changed(&mut self) -> Option<OwnershipChange> {
        self.changes.recv().await
    }

    /// Commits that everything below `offset` is done. Written within a moment, and before an owner that leaves has
    /// left; dropped when the queue is full, because a later commit says more.
    ///
    /// The next owner may resume there, and Postgres keeps commands above what their group has committed whatever their
    /// age. So commit only when everything that followed from the records below `offset` is durable.
    pub fn commit(&self, partition: Partition, offset: Offset) {
        let _ = self.commits.try_send((partition, offset));
    }

    /// Leaves the group and waits until the others may take the partitions. A process that ends without this may end
    /// before the group knows, and its partitions stay unserved until its session expires. Waits as long as the log
    /// takes; the caller sets a limit.
    pub async fn leave(self) {
        drop(self.changes);
        self.commits.closed().await;
    }
}
