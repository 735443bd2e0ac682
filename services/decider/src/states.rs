//! The stored states that cold aggregates are loaded from.

use std::collections::BTreeMap;
use std::future::Future;

use threadline_domain::thread::{MessageFact, Thread};
use threadline_domain::{Aggregate, MessageId, Partition, ThreadId, Topic};
use threadline_views::{Error, Progress, Views};

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

impl States<Thread> for Views {
    async fn load(
        &self,
        partition: Partition,
        states: &[ThreadId],
        facts: &[(ThreadId, MessageId)],
    ) -> Result<Loaded<Thread>, Error> {
        let mut reached: Option<Progress> = None;
        let mut note = |progress: Progress| {
            reached = Some(reached.filter(|reached| reached.next <= progress.next).unwrap_or(progress));
        };
        let mut found = Loaded { states: Vec::new(), facts: Vec::new(), progress: Progress::default() };
        for &id in states {
            let (state, progress) = self.thread_state(id, partition).await?;
            note(progress);
            found.states.push(state);
        }
        for &(id, message) in facts {
            let (fact, progress): (Option<MessageFact>, Progress) = self.message_fact(id, message, partition).await?;
            note(progress);
            found.facts.push(fact);
        }
        found.progress = reached.unwrap_or_default();
        Ok(found)
    }

    async fn progress(&self) -> Result<BTreeMap<Partition, Progress>, Error> {
        Self::progress(self, Topic::Messages).await
    }
}
