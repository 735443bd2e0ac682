//! The stored states that cold aggregates are loaded from.

use std::collections::BTreeMap;
use std::future::Future;

use threadline_domain::thread::Thread;
use threadline_domain::{Aggregate, MessageId, Partition, ThreadId, Topic};
use threadline_projections::{Error, Progress};

/// Stored states of one type of aggregate.
pub trait States<A: Aggregate>: Send + Sync + 'static {
    /// Looks up states and facts of one partition, all in one call.
    fn load(
        &self,
        partition: Partition,
        states: &[A::Id],
        facts: &[(A::Id, A::FactId)],
    ) -> impl Future<Output = Result<Loaded<A>, Error>> + Send;

    /// Looks up how far each partition has been followed; one never touched is absent.
    fn progress(&self) -> impl Future<Output = Result<BTreeMap<Partition, Progress>, Error>> + Send;
}

/// What one call of [`States::load`] found.
#[derive(Clone, Debug)]
pub struct Loaded<A: Aggregate> {
    /// In the order asked; `None` where no event of the aggregate has been followed yet.
    pub states: Vec<Option<A::State>>,
    /// In the order asked; `None` where there is no such fact.
    pub facts: Vec<Option<A::Fact>>,
    /// A progress that everything above has reached at least. Events after it may be in some of it already: an aggregate
    /// takes each event once.
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
