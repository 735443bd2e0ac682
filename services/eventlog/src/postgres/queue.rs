//! The bounded queue before an appender, in call order.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::options::Options;
use crate::failure_barrier::{Failure, FailureBarrier, Outcome};
use crate::topics::check_size;
use crate::{Appending, Error, NewRecord, Partition, Topic, failure_barrier};

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) topic: Topic,
    pub(super) partition: Partition,
    pub(super) record: NewRecord,
    pub(super) outcome: oneshot::Sender<Outcome>,
    queued_at: Instant,
}

/// The bounded queue before an appender.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<QueuedAppends>,
    filled: Notify,
    barrier: FailureBarrier,
    bounds: Bounds,
}

/// What may wait at most, and what one transaction takes at most.
#[derive(Debug)]
struct Bounds {
    waiting_records: usize,
    waiting_bytes: usize,
    batch_records: usize,
    batch_bytes: usize,
}

#[derive(Debug, Default)]
struct QueuedAppends {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(options: &Options) -> Self {
        let bounds = Bounds {
            waiting_records: options.append_queue_records_max,
            waiting_bytes: options.append_queue_bytes_max,
            batch_records: options.append_batch_records_max,
            batch_bytes: options.append_batch_bytes_max,
        };
        Self { waiting: Mutex::default(), filled: Notify::new(), barrier: FailureBarrier::default(), bounds }
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
            let Bounds { waiting_records, waiting_bytes, .. } = self.bounds;
            if waiting.entries.len() >= waiting_records || waiting.bytes + bytes > waiting_bytes {
                return self.barrier.refuse(topic, partition, Error::Full);
            }
            waiting.bytes += bytes;
            waiting.entries.push_back(Entry { topic, partition, record, outcome, queued_at: Instant::now() });
        }
        self.filled.notify_one();
        failure_barrier::appending(waits)
    }

    /// Waits for the next batch: everything that waits, up to a batch's bounds.
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
        for entry in waiting.entries.iter().take(self.bounds.batch_records) {
            bytes += entry.record.size_bytes();
            if count > 0 && bytes > self.bounds.batch_bytes {
                bytes -= entry.record.size_bytes();
                break;
            }
            count += 1;
        }
        waiting.bytes -= bytes;
        (count > 0).then(|| waiting.entries.drain(..count).collect())
    }

    /// Fails a batch and every record after it.
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
        // Outside the lock: when a future was dropped, sending opens the barrier right here.
        for (outcome, failure) in failed {
            let _: Result<(), Result<_, Failure>> = outcome.send(Err(failure));
        }
    }

    /// Fails everything when the oldest record has waited longer than this.
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
