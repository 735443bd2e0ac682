//! A partition's way from the shared tail to its worker.
//!
//! A worker that lags must not delay the others, which share the tail. When its queue is full, its lane leaves the
//! shared tail and reads from a tail of its own, at the worker's pace, until it has caught up with the shared one:
//!
//! ```text
//! shared tail ──▶ queue ──▶ worker          in step
//! own tail ─────▶ queue ──▶ worker          apart; the lane only records how far the shared tail is
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use threadline_eventlog::{EventLog, Offset, Partition, Start, TailBatch, Topic};
use tokio::sync::Semaphore;

use crate::metrics;
use crate::queue::{Feeder, Pushed};

/// The longest a lane's own tail waits for its worker before another lane gets the turn.
const WORKER_WAIT: Duration = Duration::from_secs(1);

/// Makes tails for lanes that are apart.
#[derive(Clone)]
pub(crate) struct LaneTails {
    log: Arc<dyn EventLog>,
    topic: Topic,
    turns: Arc<Semaphore>,
}

impl LaneTails {
    /// At most `turns` lanes read from a tail of their own at the same time; more wait.
    pub(crate) fn new(log: Arc<dyn EventLog>, topic: Topic, turns: usize) -> Self {
        Self { log, topic, turns: Arc::new(Semaphore::new(turns)) }
    }
}

/// The way of one partition's commands. Dropping it ends the worker's queue.
pub(crate) struct Lane(Arc<Shared>);

struct Shared {
    partition: Partition,
    place: Mutex<ReadProgress>,
    feeder: Feeder,
}

struct ReadProgress {
    /// The first offset that is not in the queue yet.
    next: Offset,
    /// The next offset of the shared tail.
    shared: Offset,
    is_apart: bool,
}

/// The result of handing a batch to a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handed {
    Done,
    NobodyThere,
}

impl Lane {
    pub(crate) fn new(partition: Partition, from: Offset, feeder: Feeder) -> Self {
        let place = ReadProgress { next: from, shared: from, is_apart: false };
        Self(Arc::new(Shared { partition, place: Mutex::new(place), feeder }))
    }

    /// Returns the offset at which the shared tail must start.
    pub(crate) fn resume(&self) -> Offset {
        let place = self.0.place();
        place.next.max(place.shared)
    }

    /// Takes a batch from the shared tail; never waits.
    pub(crate) fn hand(&self, batch: &TailBatch, tails: &LaneTails) -> Handed {
        let Some(last) = batch.records.last().map(|record| record.offset) else { return Handed::Done };
        let mut place = self.0.place();
        place.shared = place.shared.max(last + 1);
        if place.is_apart || last < place.next {
            return Handed::Done;
        }
        match self.0.feeder.push(batch) {
            Pushed::Queued => place.next = last + 1,
            Pushed::Closed => return Handed::NobodyThere,
            Pushed::Full => {
                metrics::lanes_apart().increment(1);
                place.is_apart = true;
                tokio::spawn(read_apart(Arc::clone(&self.0), tails.clone()));
            }
        }
        Handed::Done
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.0.feeder.close();
    }
}

impl Shared {
    fn place(&self) -> MutexGuard<'_, ReadProgress> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads from a tail of the lane's own until it has caught up with the shared tail.
async fn read_apart(lane: Arc<Shared>, tails: LaneTails) {
    loop {
        if !lane.feeder.has_room().await {
            return;
        }
        let Ok(_turn) = tails.turns.acquire().await else { return };
        let next = lane.place().next;
        let mut tail = tails.log.tail(tails.topic, BTreeMap::from([(lane.partition, Start::At(next))]));
        'turn: loop {
            let Some(batch) = tail.next().await else { return };
            let Some(last) = batch.records.last().map(|record| record.offset) else { continue };
            loop {
                {
                    let mut place = lane.place();
                    match lane.feeder.push(&batch) {
                        Pushed::Closed => return,
                        Pushed::Queued => {
                            place.next = last + 1;
                            if place.next >= place.shared {
                                place.is_apart = false;
                                return;
                            }
                            break;
                        }
                        Pushed::Full => {}
                    }
                }
                match tokio::time::timeout(WORKER_WAIT, lane.feeder.has_room()).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(_) => break 'turn,
                }
            }
        }
    }
}
