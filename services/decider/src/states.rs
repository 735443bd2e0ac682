//! The stored states that cold aggregates are loaded from.

use std::collections::BTreeMap;
use std::future::Future;

use threadline_domain::thread::Thread;
use threadline_domain::{Aggregate, MessageId, Partition, ThreadId, Topic};
use threadline_projections::{Error, Progress};

/// Stored states of one type of aggregate: where a decider loads what is not in memory.
///
/// ```text
/// load ─▶ states and facts at `progress` ─▶ folded with every event after `progress` ─▶ decide
/// ```
///
/// An implementer promises that a state has every event of its aggregate below `progress`. It may have later ones too,
/// because an aggregate ignores an event that it has. Both calls may fail at any time; the decider then refuses the
/// commands that wait as retryable and asks again. A dropped call has no effect.
pub trait States<A: Aggregate>: Send + Sync + 'static {
    /// Loads states and facts of one partition, all in one call.
    fn load(
        &self,
        partition: Partition,
        states: &[A::Id],
        facts: &[(A::Id, A::FactId)],
    ) -> impl Future<Output = Result<Loaded<A>, Error>> + Send;

    /// Reads the progress of each partition; one without events is absent.
    fn progress(&self) -> impl Future<Output = Result<BTreeMap<Partition, Progress>, Error>> + Send;
}

/// The result of [`States::load`].
#[derive(Clone, Debug)]
pub struct Loaded<A: Aggregate> {
    /// In the order of the request; `None` for an aggregate without events.
    pub states: Vec<Option<A::State>>,
    /// In the order of the request; `None` where there is no such fact.
    pub facts: Vec<Option<A::Fact>>,
    /// A progress that everything above has reached. Later events may be in some of it: an aggregate ignores an event
    /// that it has.
    pub progress: Progress,
}

impl States<Thread> for threadline_projections::States {
    async fn load(
        &self,
        partition: Partition,
        states: &[ThreadId],
        facts: &[(ThreadId, MessageId)],
    ) -> Result<Loaded<Thread>, Error> {
        let found = Self::load(self, partition, states, facts).await?;
        Ok(Loaded { states: found.states, facts: found.facts, progress: found.progress })
    }

    async fn progress(&self) -> Result<BTreeMap<Partition, Progress>, Error> {
        Self::progress(self, Topic::Messages).await
    }
}
