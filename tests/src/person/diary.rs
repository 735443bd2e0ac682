//! What a client keeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::timeline::uuid;
use crate::checker::{Acknowledged, Seen};

/// What a person did and saw.
#[derive(Debug, Default)]
pub struct Diary {
    /// Sends answered `ok`, in the order of the answers.
    pub acknowledged: Vec<Acknowledged>,
    /// Events handed over, in order, each once.
    pub seen: Vec<Seen>,
    /// Events that came again and were dropped.
    pub repeated: usize,
    /// Connections made.
    pub connections: usize,
    /// Times a `resync` named a thread.
    pub resyncs: usize,
    /// Errors that were not worth a retry.
    pub refused: Vec<Value>,
    pub(super) outbox: VecDeque<Value>,
    pub(super) in_flight: BTreeMap<u64, (Value, Instant)>,
    pub(super) last_seq: BTreeMap<Uuid, u64>,
    /// Named by a `resync`, and not yet in step with the live events.
    pub(super) stale: BTreeSet<Uuid>,
    pub(super) cursor: Option<String>,
    pub(super) requests: u64,
}

impl Diary {
    /// Any frame with a cursor replaces the one held.
    pub(super) fn adopt_cursor(&mut self, frame: &Value) {
        if let Some(cursor) = frame["cursor"].as_str() {
            self.cursor = Some(cursor.into());
        }
    }

    /// Notes the threads that a `resync` names; none named means all of them.
    pub(super) fn resync(&mut self, frame: &Value) {
        let named: Vec<Uuid> = frame["threads"].as_array().into_iter().flatten().map(uuid).collect();
        let threads = if named.is_empty() { self.last_seq.keys().copied().collect() } else { named };
        self.resyncs += threads.len();
        self.stale.extend(threads);
    }

    /// Whether an event of a stale thread has others before it that were not fetched yet. One that is in step ends
    /// the thread's being stale. An event of any other thread is never looked at: a hole there is for the judge.
    pub(super) fn is_ahead(&mut self, frame: &Value) -> bool {
        let thread = uuid(&frame["thread"]);
        let last = self.last_seq.get(&thread).copied().unwrap_or(0);
        let is_ahead = frame["seq"].as_u64().is_some_and(|seq| seq > last + 1);
        self.stale.contains(&thread) && (is_ahead || !self.stale.remove(&thread))
    }

    /// The SDK's rule: what is not above the last seq seen is a repetition.
    pub(super) fn hand_over(&mut self, event: Seen) {
        let last = self.last_seq.entry(event.thread).or_insert(0);
        if event.seq <= *last {
            self.repeated += 1;
            return;
        }
        *last = event.seq;
        self.seen.push(event);
    }
}
