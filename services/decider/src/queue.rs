//! A bounded queue of command records between the reader and the worker of one partition.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use threadline_eventlog::{Record, TailBatch};
use tokio::sync::Notify;

/// Makes a queue that takes batches until it holds this many records or bytes; the last batch may exceed them.
pub(crate) fn bounded(records_max: usize, bytes_max: usize) -> (Feeder, Commands) {
    let shared = Arc::new(Shared {
        waiting: Mutex::default(),
        filled: Notify::new(),
        emptied: Notify::new(),
        records_max,
        bytes_max,
    });
    (Feeder(Arc::clone(&shared)), Commands(shared))
}

/// The reader's end.
pub(crate) struct Feeder(Arc<Shared>);

/// The worker's end.
pub(crate) struct Commands(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    filled: Notify,
    emptied: Notify,
    records_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<(TailBatch, usize)>,
    records: usize,
    bytes: usize,
    feeder_gone: bool,
    worker_gone: bool,
}

/// The result of pushing a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Queued,
    Full,
    /// One of the two ends is gone.
    Closed,
}

impl Feeder {
    /// Adds a batch if there is room.
    pub(crate) fn push(&self, batch: &TailBatch) -> Pushed {
        let mut waiting = self.0.lock();
        if waiting.worker_gone || waiting.feeder_gone {
            return Pushed::Closed;
        }
        if waiting.records >= self.0.records_max || waiting.bytes >= self.0.bytes_max {
            return Pushed::Full;
        }
        let bytes = batch.records.iter().map(size_bytes).sum();
        waiting.records += batch.records.len();
        waiting.bytes += bytes;
        waiting.batches.push_back((batch.clone(), bytes));
        drop(waiting);
        self.0.filled.notify_one();
        Pushed::Queued
    }

    /// Ends the queue: the worker still takes what is in it, and nothing is added any more.
    pub(crate) fn close(&self) {
        self.0.lock().feeder_gone = true;
        self.0.filled.notify_one();
        self.0.emptied.notify_one();
    }

    /// Waits until half of the room is free; `false` when the queue was closed. One task waits at a time.
    pub(crate) async fn has_room(&self) -> bool {
        loop {
            {
                let waiting = self.0.lock();
                if waiting.worker_gone || waiting.feeder_gone {
                    return false;
                }
                if waiting.records * 2 <= self.0.records_max && waiting.bytes * 2 <= self.0.bytes_max {
                    return true;
                }
            }
            self.0.emptied.notified().await;
        }
    }
}

impl Commands {
    /// Takes the next batch; `None` when the reader is gone. Cancel-safe.
    pub(crate) async fn recv(&mut self) -> Option<TailBatch> {
        loop {
            {
                let mut waiting = self.0.lock();
                if let Some((batch, bytes)) = waiting.batches.pop_front() {
                    waiting.records -= batch.records.len();
                    waiting.bytes -= bytes;
                    drop(waiting);
                    self.0.emptied.notify_one();
                    return Some(batch);
                }
                if waiting.feeder_gone {
                    return None;
                }
            }
            self.0.filled.notified().await;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.close();
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.worker_gone = true;
        waiting.batches.clear();
        drop(waiting);
        self.0.emptied.notify_one();
    }
}

fn size_bytes(record: &Record) -> usize {
    record.key.len() + record.value.as_ref().map_or(0, bytes::Bytes::len) + record.headers.size_bytes()
}

#[cfg(test)]
mod tests {
    use threadline_eventlog::Headers;

    use super::*;

    fn batch(records: u64, value_bytes: usize) -> TailBatch {
        let record = |offset| Record {
            partition: 0,
            offset,
            appended_at_ms: 0,
            key: "key".into(),
            value: Some(vec![0; value_bytes].into()),
            headers: Headers::new(),
        };
        TailBatch { partition: 0, records: (0..records).map(record).collect() }
    }

    #[tokio::test]
    async fn it_is_full_by_records_and_by_bytes_and_has_room_when_half_is_free() {
        for (records, value_bytes) in [(5, 1), (1, 500)] {
            let (feeder, mut commands) = bounded(10, 1_000);
            assert_eq!(feeder.push(&batch(records, value_bytes)), Pushed::Queued);
            assert_eq!(feeder.push(&batch(records, value_bytes)), Pushed::Queued);
            assert_eq!(feeder.push(&batch(records, value_bytes)), Pushed::Full);
            let (has_room, _) = tokio::join!(feeder.has_room(), async {
                commands.recv().await;
                commands.recv().await
            });
            assert!(has_room);
            assert_eq!(feeder.push(&batch(records, value_bytes)), Pushed::Queued);
        }
    }

    #[tokio::test]
    async fn each_end_learns_that_the_other_one_is_gone() {
        let (feeder, mut commands) = bounded(1, 1);
        assert_eq!(feeder.push(&batch(3, 1)), Pushed::Queued);
        drop(feeder);
        assert_eq!(commands.recv().await.map(|batch| batch.records.len()), Some(3));
        assert!(commands.recv().await.is_none());
        let (feeder, commands) = bounded(1, 1);
        assert_eq!(feeder.push(&batch(1, 1)), Pushed::Queued);
        drop(commands);
        assert!(!feeder.has_room().await);
        assert_eq!(feeder.push(&batch(1, 1)), Pushed::Closed);
    }
}
