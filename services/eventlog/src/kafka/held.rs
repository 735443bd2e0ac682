//! Records that wait to be handed to a producer: for others to be sent with, or for the next producer.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::config::KafkaConfig;
use super::underway::Underway;
use crate::failure_barrier::Outcome;
use crate::{Error, NewRecord, Partition, Topic};

pub(super) struct HeldRecord {
    pub(super) topic: Topic,
    /// The topic's full name.
    pub(super) name: String,
    pub(super) partition: Partition,
    pub(super) record: NewRecord,
    pub(super) outcome: oneshot::Sender<Outcome>,
}

/// Records in call order, bounded like a producer's queue.
pub(super) struct HeldRecords {
    pub(super) records: Vec<HeldRecord>,
    /// Partitions of which a record failed in the producer before.
    pub(super) failed: BTreeSet<(Topic, Partition)>,
    by_partition: BTreeMap<(Topic, Partition), usize>,
    bytes: usize,
    records_max: usize,
    partition_records_max: usize,
    bytes_max: usize,
    is_closed: bool,
}

impl HeldRecords {
    /// Adds a record, or refuses it as [`Error::Full`]: held and on their way together, records are bounded as in a producer.
    fn push(&mut self, held: HeldRecord, underway: &Underway) -> Result<(), Error> {
        let (topic, partition) = (held.topic, held.partition);
        let bytes = self.bytes + held.record.size_bytes();
        let of_partition = self.by_partition.entry((topic, partition)).or_default();
        if self.records.len() + underway.records() >= self.records_max
            || *of_partition + underway.records_of(topic, partition) >= self.partition_records_max
            || bytes > self.bytes_max
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
        Self {
            records: mem::take(&mut self.records),
            failed: mem::take(&mut self.failed),
            by_partition: mem::take(&mut self.by_partition),
            bytes: mem::take(&mut self.bytes),
            ..*self
        }
    }
}

/// The records held of one producer.
pub(super) struct Held {
    queue: Mutex<HeldRecords>,
    /// Notified when the first record is held, and at the end.
    filled: Condvar,
}

impl Held {
    pub(super) fn new(config: &KafkaConfig) -> Self {
        let queue = HeldRecords {
            records: Vec::new(),
            failed: BTreeSet::new(),
            by_partition: BTreeMap::new(),
            bytes: 0,
            records_max: config.append_queue_records_max,
            partition_records_max: config.partition_records_max(),
            bytes_max: config.append_queue_bytes_max,
            is_closed: false,
        };
        Self { queue: Mutex::new(queue), filled: Condvar::new() }
    }

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

    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }
}
