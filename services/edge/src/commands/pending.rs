//! Requests without an outcome.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use threadline_eventlog::LoggedAggregate;

use super::appender::Appender;
use super::waiter::Waiter;

/// The requests of one aggregate that wait for an outcome, by number.
///
/// Numbers rise and the deadline is the same for all requests: the first one is due first.
pub(super) struct Pending<A: LoggedAggregate> {
    appender: Appender,
    waiting: Mutex<BTreeMap<u64, PendingCommand<A>>>,
}

struct PendingCommand<A: LoggedAggregate> {
    until: Instant,
    waiter: Waiter<A>,
}

impl<A: LoggedAggregate> Pending<A> {
    pub(super) fn new(appender: Appender) -> Self {
        Self { appender, waiting: Mutex::default() }
    }

    /// Adds a request and returns its number; hands the waiter back when too many requests wait.
    pub(super) fn enter(&self, waiter: Waiter<A>) -> Result<u64, Waiter<A>> {
        if !self.appender.enter() {
            return Err(waiter);
        }
        let until = Instant::now() + self.appender.deadline();
        let mut waiting = self.waiting();
        let request = self.appender.next_request();
        waiting.insert(request, PendingCommand { until, waiter });
        Ok(request)
    }

    /// Returns whether the request still waits.
    pub(super) fn waits(&self, request: u64) -> bool {
        self.waiting().contains_key(&request)
    }

    /// Removes a request; `None` when it does not wait any more.
    pub(super) fn take(&self, request: u64) -> Option<Waiter<A>> {
        let waiting = self.waiting().remove(&request)?;
        self.appender.leave();
        Some(waiting.waiter)
    }

    /// Removes the first request whose deadline has passed.
    pub(super) fn take_due(&self, now: Instant) -> Option<Waiter<A>> {
        let due = {
            let mut waiting = self.waiting();
            let first = waiting.first_entry().filter(|first| first.get().until <= now)?;
            first.remove()
        };
        self.appender.leave();
        Some(due.waiter)
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, PendingCommand<A>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
