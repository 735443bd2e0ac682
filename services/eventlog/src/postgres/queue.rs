//! What waits to be appended: bounded, in call order.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use crate::failure_barrier::{Failure, FailureBarrier, Outcome};
use crate::topics::check_size;
use crate::{Appending, Error, NewRecord, Partition, Topic, failure_barrier};

/// Records that may wait.
const QUEUE_RECORDS_MAX: usize = 20_000;
/// Bytes that may wait.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Records in one transaction.
const BATCH_RECORDS_MAX: usize = 2_000;
/// Bytes in one transaction; one record may exceed it alone.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A record that waits.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) topic: Topic,
    pub(super) partition: Partition,
    pub(super) record: NewRecord,
    pub(super) outcome: oneshot::Sender<Outcome>,
    queued_at: Instant,
}

/// The queue in front of an appender.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<QueuedAppends>,
    filled: Notify,
    barrier: FailureBarrier,
}

#[derive(Debug, Default)]
struct QueuedAppends {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::default(), filled: Notify::new(), barrier: FailureBarrier::default() }
    }

    /// Queues a record, at once.
    pub(super) fn push(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        if let Err(error) = check_size(topic, &record) {
            return self.barrier.refuse(topic, partition, error);
        }
        let bytes = record.size_bytes();
        let (outcome, waits) = oneshot::channel();
        {
            let mut waiting = self.lock();
            if self.barrier.is_closed(topic, partition) {
                return Appending::failed(Error::Unavailable("an earlier append to this partition failed".into()));
            }
            if waiting.entries.len() >= QUEUE_RECORDS_MAX || waiting.bytes + bytes > QUEUE_BYTES_MAX {
                return self.barrier.refuse(topic, partition, Error::Full);
            }
            waiting.bytes += bytes;
            waiting.entries.push_back(Entry { topic, partition, record, outcome, queued_at: Instant::now() });
        }
        self.filled.notify_one();
        failure_barrier::appending(waits)
    }

    /// The next batch, as soon as there is one: everything that waits, up to a batch's bounds.
    pub(super) async fn next(&self) -> Vec<Entry> {
        loop {
            if let Some(batch) = self.take() {
                return batch;
            }
            self.filled.notified().await;
        }
    }

    fn take(&self) -> Option<Vec<Entry>> {
        let mut waiting = self.lock();
        let mut bytes = 0;
        let mut count = 0;
        for entry in waiting.entries.iter().take(BATCH_RECORDS_MAX) {
            bytes += entry.record.size_bytes();
            if count > 0 && bytes > BATCH_BYTES_MAX {
                bytes -= entry.record.size_bytes();
                break;
            }
            count += 1;
        }
        waiting.bytes -= bytes;
        (count > 0).then(|| waiting.entries.drain(..count).collect())
    }

    /// Fails a batch and everything queued after it.
    pub(super) fn fail(&self, batch: Vec<Entry>, error: &Error) {
        let failed: Vec<_> = {
            let mut waiting = self.lock();
            waiting.bytes = 0;
            let close = |entry: Entry| {
                let failure = self.barrier.close(entry.topic, entry.partition, error.clone());
                (entry.outcome, failure)
            };
            batch.into_iter().chain(waiting.entries.drain(..)).map(close).collect()
        };
        // Outside the lock: whoever has dropped the future opens the barrier right here.
        for (outcome, failure) in failed {
            let _: Result<(), Result<_, Failure>> = outcome.send(Err(failure));
        }
    }

    /// Fails everything when the oldest record has waited for longer than this.
    pub(super) fn fail_older_than(&self, wait: Duration, error: &Error) {
        let late = self.lock().entries.front().is_some_and(|entry| entry.queued_at.elapsed() > wait);
        if late {
            self.fail(Vec::new(), error);
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueuedAppends> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
