//! Records that wait to be handed to a producer: for others to be sent with, or for the next producer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::config::{APPEND_QUEUE_KBYTES_MAX, APPEND_QUEUE_RECORDS_MAX, PARTITION_RECORDS_MAX};
use super::underway::Underway;
use crate::failure_barrier::Outcome;
use crate::{Error, NewRecord, Partition, Topic};

/// A record that waits.
pub(super) struct HeldRecord {
    pub(super) topic: Topic,
    /// The topic's full name.
    pub(super) name: String,
    pub(super) partition: Partition,
    pub(super) record: NewRecord,
    pub(super) outcome: oneshot::Sender<Outcome>,
}

/// Records in call order, bounded like a producer's queue.
#[derive(Default)]
pub(super) struct HeldRecords {
    pub(super) records: Vec<HeldRecord>,
    /// Partitions of which a record failed in the producer before.
    pub(super) failed: BTreeSet<(Topic, Partition)>,
    by_partition: BTreeMap<(Topic, Partition), usize>,
    bytes: usize,
    is_closed: bool,
}

impl HeldRecords {
    /// Adds a record, or refuses it as [`Error::Full`]: held and on their way together, records are bounded as in a producer.
    fn push(&mut self, held: HeldRecord, underway: &Underway) -> Result<(), Error> {
        let (topic, partition) = (held.topic, held.partition);
        let bytes = self.bytes + held.record.size_bytes();
        let of_partition = self.by_partition.entry((topic, partition)).or_default();
        if self.records.len() + underway.records() >= APPEND_QUEUE_RECORDS_MAX
            || *of_partition + underway.records_of(topic, partition) >= PARTITION_RECORDS_MAX
            || bytes > APPEND_QUEUE_KBYTES_MAX * 1024
        {
            return Err(Error::Full);
        }
        *of_partition += 1;
        self.bytes = bytes;
        self.records.push(held);
        Ok(())
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> Self {
        let is_closed = self.is_closed;
        std::mem::replace(self, Self { is_closed, ..Self::default() })
    }
}

/// The records held of one producer.
#[derive(Default)]
pub(super) struct Held {
    queue: Mutex<HeldRecords>,
    /// Notified when the first record is held, and at the end.
    filled: Condvar,
}

impl Held {
    /// Locks the records. Nobody holds one more, or sends one past them, meanwhile.
    pub(super) fn lock(&self) -> MutexGuard<'_, HeldRecords> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record to locked ones, or refuses it as [`Error::Full`].
    pub(super) fn push(&self, queue: &mut HeldRecords, held: HeldRecord, underway: &Underway) -> Result<(), Error> {
        queue.push(held, underway)?;
        if queue.records.len() == 1 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Blocks until a record is held; `false` when nobody appends any more.
    pub(super) fn wait_filled(&self) -> bool {
        let is_idle = |queue: &mut HeldRecords| queue.records.is_empty() && !queue.is_closed;
        let queue = self.filled.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        !queue.is_closed
    }

    /// Ends [`wait_filled`](Self::wait_filled).
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }
}
