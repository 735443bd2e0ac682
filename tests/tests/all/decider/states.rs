//! Stored states that a test can make hang, and that count what they are asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use threadline_decider::{Loaded, States};
use threadline_projections::{Error, States as Projected};

use super::*;

/// The states, but for one partition that may hang.
#[derive(Clone)]
pub(super) struct Watched {
    states: Projected,
    hanging: Arc<Mutex<Option<Partition>>>,
    calls: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Watched {
    pub(super) fn new(projections: &Projections) -> Self {
        Self {
            states: projections.states.clone(),
            hanging: Arc::default(),
            calls: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// From now on lookups in this partition never end.
    pub(super) fn hang(&self, partition: Option<Partition>) {
        *self.hanging.lock().expect("no panic while it was held") = partition;
    }

    /// How many lookups there were, and of how many states and facts.
    pub(super) fn lookups(&self) -> (usize, usize) {
        (self.calls.load(Ordering::SeqCst), self.asked.load(Ordering::SeqCst))
    }
}

impl States<Thread> for Watched {
    async fn load(
        &self,
        partition: Partition,
        states: &[ThreadId],
        facts: &[(ThreadId, MessageId)],
    ) -> Result<Loaded<Thread>, Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.asked.fetch_add(states.len() + facts.len(), Ordering::SeqCst);
        if *self.hanging.lock().expect("no panic while it was held") == Some(partition) {
            std::future::pending::<()>().await;
        }
        States::<Thread>::load(&self.states, partition, states, facts).await
    }

    async fn progress(&self) -> Result<BTreeMap<Partition, Progress>, Error> {
        States::<Thread>::progress(&self.states).await
    }
}
