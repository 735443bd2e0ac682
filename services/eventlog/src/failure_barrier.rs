//! No hole that a caller does not know of: an append that failed takes with it every later append of this process to the same
//! partition, until its caller has seen the failure (or dropped the future).
//!
//! Without this, a writer that appends one record after the other without waiting could lose the second and keep the
//! third, before it had a chance to learn of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::{Appending, Error, Partition, Position, Topic};

type Unseen = Arc<Mutex<HashMap<(Topic, Partition), usize>>>;

/// Failures that their callers have not seen yet, by partition; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailureBarrier(Unseen);

impl FailureBarrier {
    /// Whether appends to this partition must fail now.
    pub(crate) fn is_closed(&self, topic: Topic, partition: Partition) -> bool {
        let unseen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unseen.contains_key(&(topic, partition))
    }

    /// Closes the partition until the failure is dropped.
    pub(crate) fn close(&self, topic: Topic, partition: Partition, error: Error) -> Failure {
        let mut unseen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *unseen.entry((topic, partition)).or_default() += 1;
        Failure { error, at: (topic, partition), unseen: Arc::clone(&self.0) }
    }

    /// An append that fails at once, and closes the partition until that is seen.
    pub(crate) fn refuse(&self, topic: Topic, partition: Partition, error: Error) -> Appending {
        let failure = self.close(topic, partition, error);
        Appending::new(async move { Err(failure.seen()) })
    }
}

/// A failure on its way to the caller; seen when dropped.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    at: (Topic, Partition),
    unseen: Unseen,
}

impl Failure {
    /// The caller has it.
    fn seen(self) -> Error {
        self.error.clone()
    }
}

impl Drop for Failure {
    fn drop(&mut self) {
        let mut unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = unseen.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                unseen.remove(&self.at);
            }
        }
    }
}

/// What becomes of an append.
pub(crate) type Outcome = Result<Position, Failure>;

/// The future of an append whose outcome comes through `outcome`.
pub(crate) fn appending(outcome: oneshot::Receiver<Outcome>) -> Appending {
    Appending::new(async move {
        match outcome.await {
            Ok(Ok(position)) => Ok(position),
            Ok(Err(failure)) => Err(failure.seen()),
            Err(_) => Err(Error::Unavailable("the log was shut down".into())),
        }
    })
}
