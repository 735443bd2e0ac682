//! Makes the appends that follow a failed one fail too, until the failed one's caller knows ("Failed appends" of
//! [`EventLog`](crate::EventLog)).
//!
//! Without this, a writer that appends one record after the other without waiting could lose the second and keep the
//! third before it had a chance to know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::{Appending, Error, Partition, Position, Topic};

type Unseen = Arc<Mutex<HashMap<(Topic, Partition), usize>>>;

/// Failures that their callers have not received yet, by partition. Cheap to clone: clones share them.
///
/// ```text
/// close(p) ─▶ Failure ─▶ closed(p) is true ─▶ caller receives or drops the Failure ─▶ closed(p) is false
/// ```
///
/// A partition closed by several failures opens when the last of them was dropped. Takes only its own lock, so a
/// failure may be dropped anywhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailureBarrier(Unseen);

impl FailureBarrier {
    /// Whether appends to this partition must fail now.
    pub(crate) fn is_closed(&self, topic: Topic, partition: Partition) -> bool {
        let unseen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unseen.contains_key(&(topic, partition))
    }

    /// Closes the partition until the returned failure is dropped.
    pub(crate) fn close(&self, topic: Topic, partition: Partition, error: Error) -> Failure {
        let mut unseen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *unseen.entry((topic, partition)).or_default() += 1;
        Failure { error, at: (topic, partition), unseen: Arc::clone(&self.0) }
    }

    /// Makes an append that fails at once, and closes the partition until the caller has received the failure.
    pub(crate) fn refuse(&self, topic: Topic, partition: Partition, error: Error) -> Appending {
        let failure = self.close(topic, partition, error);
        Appending::new(async move { Err(failure.seen()) })
    }
}

/// A failure on its way to the caller. Dropping it opens the partition again.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    at: (Topic, Partition),
    unseen: Unseen,
}

impl Failure {
    /// Takes the error out, for the caller.
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

/// The outcome of an append, on its way to the caller.
pub(crate) type Outcome = Result<Position, Failure>;

/// Makes the future of an append whose outcome comes through `outcome`.
pub(crate) fn appending(outcome: oneshot::Receiver<Outcome>) -> Appending {
    Appending::new(async move {
        match outcome.await {
            Ok(Ok(position)) => Ok(position),
            Ok(Err(failure)) => Err(failure.seen()),
            Err(_) => Err(Error::Unavailable("the log was shut down".into())),
        }
    })
}
