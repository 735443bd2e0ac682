//! Records that wait for the next producer.

use std::collections::BTreeSet;

use tokio::sync::oneshot;

use super::config::{APPEND_QUEUE_KBYTES_MAX, APPEND_QUEUE_RECORDS_MAX};
use crate::fence::Outcome;
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
pub(super) struct Held {
    pub(super) records: Vec<HeldRecord>,
    /// Partitions of which a record failed in the producer before.
    pub(super) failed: BTreeSet<(Topic, Partition)>,
    bytes: usize,
}

impl Held {
    /// Adds a record, or refuses it as [`Error::Full`].
    pub(super) fn push(&mut self, held: HeldRecord) -> Result<(), Error> {
        let bytes = self.bytes + held.record.size_bytes();
        if self.records.len() >= APPEND_QUEUE_RECORDS_MAX || bytes > APPEND_QUEUE_KBYTES_MAX * 1024 {
            return Err(Error::Full);
        }
        self.bytes = bytes;
        self.records.push(held);
        Ok(())
    }
}
