//! How far an edge has come in `messages`, readable by every session.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use threadline_domain::{Offset, Partition, Position, Topic};
use threadline_wire::Cursor;

use crate::clock;

/// The hub's place: everything below it is in the queues of the sessions it concerns. Written by the hub alone.
pub(crate) struct Place {
    log: String,
    /// The next offset, by partition; set once, when the hub knows where it starts.
    next: OnceLock<Box<[AtomicU64]>>,
    caught_up: AtomicBool,
    draining: AtomicBool,
    /// How old the last record was when it came, and when that was; milliseconds.
    lag_ms: AtomicI64,
    lag_at_ms: AtomicI64,
}

impl Place {
    pub(crate) fn new(log: String) -> Self {
        Self {
            log,
            next: OnceLock::new(),
            caught_up: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            lag_ms: AtomicI64::new(0),
            lag_at_ms: AtomicI64::new(0),
        }
    }

    /// Where the hub starts.
    pub(crate) fn start(&self, from: &BTreeMap<Partition, Offset>) {
        let _ = self.next.set(from.values().map(|&offset| AtomicU64::new(offset)).collect());
    }

    /// Moves one partition on, behind the pushes of its last record: whoever reads the place finds them queued.
    pub(crate) fn advance(&self, partition: Partition, next: Offset) {
        if let Some(place) = self.next.get().and_then(|all| all.get(partition as usize)) {
            place.store(next, Ordering::Release);
        }
    }

    /// The next offset of a partition; 0 before the start and for a partition that is none.
    pub(crate) fn next(&self, partition: Partition) -> Offset {
        let place = self.next.get().and_then(|all| all.get(partition as usize));
        place.map_or(0, |next| next.load(Ordering::Acquire))
    }

    /// Whether every one of these offsets has been reached.
    pub(crate) fn reached(&self, offsets: &BTreeMap<Partition, Offset>) -> bool {
        offsets.iter().all(|(&partition, &offset)| self.next(partition) >= offset)
    }

    /// The last position of a partition that the hub has seen.
    pub(crate) fn last(&self, partition: Partition) -> Position {
        Position { topic: Topic::Messages, partition, offset: self.next(partition).saturating_sub(1) }
    }

    /// The place as a client keeps it.
    pub(crate) fn cursor(&self) -> Cursor {
        let all = self.next.get().map(AsRef::as_ref).unwrap_or_default();
        let next = (0..).zip(all.iter().map(|next| next.load(Ordering::Acquire))).collect();
        Cursor { log: self.log.clone(), next }
    }

    /// The log that the offsets belong to.
    pub(crate) fn log(&self) -> &str {
        &self.log
    }

    pub(crate) fn set_caught_up(&self) {
        self.caught_up.store(true, Ordering::Release);
    }

    pub(crate) fn caught_up(&self) -> bool {
        self.caught_up.load(Ordering::Acquire)
    }

    pub(crate) fn set_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Notes the age of a record that has just come, by the clocks of the log and of this machine.
    pub(crate) fn note_lag(&self, appended_at_ms: i64) -> i64 {
        let now_ms = clock::now().millis();
        let lag_ms = (now_ms - appended_at_ms).max(0);
        self.lag_ms.store(lag_ms, Ordering::Relaxed);
        self.lag_at_ms.store(now_ms, Ordering::Relaxed);
        lag_ms
    }

    /// How old the newest record was when it came; 0 when none came for `idle_ms`: there is nothing to lag behind.
    pub(crate) fn lag_ms(&self, idle_ms: i64) -> i64 {
        let idle = clock::now().millis() - self.lag_at_ms.load(Ordering::Relaxed) > idle_ms;
        if idle { 0 } else { self.lag_ms.load(Ordering::Relaxed) }
    }
}
