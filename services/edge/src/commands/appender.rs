//! What the commands of all aggregates share: the log, this edge's name, and how many requests may wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use threadline_domain::{Position, ReadMark, UserProfile};
use threadline_eventlog::{EventLog, facts};

use super::refused::NoOutcome;
use crate::clock;
use crate::config::CommandsConfig;
use crate::metrics;

/// Appends the records of one edge, and numbers its requests. Cheap to clone.
#[derive(Clone)]
pub struct Appender(Arc<Inner>);

struct Inner {
    log: Arc<dyn EventLog>,
    edge: String,
    deadline: Duration,
    pending_max: usize,
    /// Requests of all aggregates that wait.
    pending: AtomicUsize,
    last_request: AtomicU64,
}

impl Appender {
    /// Appends for an edge that gets a random name.
    pub fn new(log: Arc<dyn EventLog>, config: &CommandsConfig) -> Self {
        Self(Arc::new(Inner {
            log,
            edge: clock::mint_edge(),
            deadline: config.deadline,
            pending_max: config.pending_max,
            pending: AtomicUsize::new(0),
            last_request: AtomicU64::new(0),
        }))
    }

    /// Appends a read mark; returns its position once it is durable.
    pub async fn mark_read(&self, mark: ReadMark) -> Result<Position, NoOutcome> {
        let appending = facts::append_read_mark(&*self.0.log, &mark);
        match tokio::time::timeout(self.0.deadline, appending).await {
            Ok(appended) => Ok(appended?),
            Err(_) => Err(NoOutcome::Timeout),
        }
    }

    /// Appends a user's name; returns false when the append is not known to have succeeded.
    pub async fn see_user(&self, profile: UserProfile) -> bool {
        let appending = facts::append_user(&*self.0.log, &profile);
        let seen = matches!(tokio::time::timeout(self.0.deadline, appending).await, Ok(Ok(_)));
        if !seen {
            metrics::names_lost().increment(1);
        }
        seen
    }

    /// Returns the name of this edge in `reply_to`, which is also the key of its refusals.
    pub(crate) fn edge(&self) -> &str {
        &self.0.edge
    }

    /// Returns the number of the request that a record answers, if this edge made that request.
    pub(crate) fn request_of(&self, reply_to: &[u8]) -> Option<u64> {
        let number = reply_to.strip_prefix(self.0.edge.as_bytes())?.strip_prefix(b"/")?;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    pub(super) fn log(&self) -> &dyn EventLog {
        &*self.0.log
    }

    /// Returns how long a request waits for its outcome.
    pub(super) fn deadline(&self) -> Duration {
        self.0.deadline
    }

    /// Counts one more waiting request; returns false when too many wait.
    pub(super) fn enter(&self) -> bool {
        let has_room = self.0.pending.fetch_add(1, Ordering::AcqRel) < self.0.pending_max;
        if !has_room {
            self.leave();
        }
        has_room
    }

    /// Counts one waiting request less.
    pub(super) fn leave(&self) {
        self.0.pending.fetch_sub(1, Ordering::AcqRel);
    }

    /// Returns the next request's number. Numbers rise.
    pub(super) fn next_request(&self) -> u64 {
        self.0.last_request.fetch_add(1, Ordering::AcqRel) + 1
    }
}
