//! Looks up what the next commands of a partition need, all at once.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use threadline_domain::Aggregate;
use threadline_eventlog::{EventLog, LoggedAggregate, Offset, Partition, Stopped, codec};
use threadline_projections::Progress;

use crate::metrics;
use crate::past::{Past, RangeError, Recorded, read_range};
use crate::states::Loaded;
use crate::{Config, States};

/// Facts of one aggregate that one lookup asks for: a state keeps only a few.
const FACTS_PER_STATE_MAX: usize = 8;

/// What a command needs before it can be decided.
pub(crate) enum Need<A: Aggregate> {
    Nothing,
    State(A::Id),
    Fact(A::Id, A::FactId),
}

#[derive(Clone, Copy)]
enum Kind {
    State,
    Fact,
}

/// The states and facts that some commands need, in the order of the commands.
pub(crate) struct Wanted<A: LoggedAggregate> {
    most: usize,
    order: Vec<Kind>,
    states: Vec<A::Id>,
    facts: Vec<(A::Id, A::FactId)>,
    asked: HashSet<A::Id>,
    asked_facts: HashMap<A::Id, Vec<A::FactId>>,
}

impl<A: LoggedAggregate> Wanted<A> {
    /// At most `most` states and facts.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            order: Vec::new(),
            states: Vec::new(),
            facts: Vec::new(),
            asked: HashSet::new(),
            asked_facts: HashMap::new(),
        }
    }

    /// Adds what a command needs, once.
    pub(crate) fn add(&mut self, need: &Need<A>) {
        match *need {
            Need::Nothing => {}
            Need::State(id) => {
                if self.asked.insert(id) {
                    self.states.push(id);
                    self.order.push(Kind::State);
                }
            }
            Need::Fact(id, fact) => {
                let asked = self.asked_facts.entry(id).or_default();
                if asked.len() < FACTS_PER_STATE_MAX && !asked.contains(&fact) {
                    asked.push(fact);
                    self.facts.push((id, fact));
                    self.order.push(Kind::Fact);
                }
            }
        }
    }

    /// Whether one lookup can hold no more.
    pub(crate) fn is_full(&self) -> bool {
        self.order.len() >= self.most
    }
}

/// A state that a lookup found, or the state before the first event.
pub(crate) struct FoundState<A: Aggregate> {
    pub(crate) id: A::Id,
    pub(crate) state: A::State,
}

/// A fact that a lookup found, or found missing.
pub(crate) struct FoundFact<A: Aggregate> {
    pub(crate) of: A::Id,
    pub(crate) id: A::FactId,
    pub(crate) fact: Option<A::Fact>,
}

/// One thing that a lookup found.
pub(crate) enum Item<A: Aggregate> {
    State(FoundState<A>),
    Fact(FoundFact<A>),
}

/// The result of a lookup, to be completed with the events after `progress`.
pub(crate) struct Found<A: LoggedAggregate> {
    pub(crate) progress: Progress,
    order: Vec<Kind>,
    states: Vec<FoundState<A>>,
    facts: Vec<FoundFact<A>>,
    state_of: HashMap<A::Id, usize>,
    facts_of: HashMap<A::Id, Vec<usize>>,
}

impl<A: LoggedAggregate> Found<A> {
    fn new(wanted: Wanted<A>, loaded: Loaded<A>) -> Self {
        let states = wanted.states.into_iter().zip(loaded.states);
        let states: Vec<_> = states.map(|(id, state)| FoundState { id, state: state.unwrap_or_default() }).collect();
        let facts = wanted.facts.into_iter().zip(loaded.facts);
        let facts: Vec<_> = facts.map(|((of, id), fact)| FoundFact { of, id, fact }).collect();
        let state_of = states.iter().enumerate().map(|(index, found)| (found.id, index)).collect();
        let mut facts_of: HashMap<A::Id, Vec<usize>> = HashMap::new();
        for (index, found) in facts.iter().enumerate() {
            facts_of.entry(found.of).or_default().push(index);
        }
        Self { progress: loaded.progress, order: wanted.order, states, facts, state_of, facts_of }
    }

    /// Returns the aggregate that the first command needs something of.
    pub(crate) fn first(&self) -> Option<A::Id> {
        match self.order.first()? {
            Kind::State => self.states.first().map(|found| found.id),
            Kind::Fact => self.facts.first().map(|found| found.of),
        }
    }

    /// Returns everything found, in the order of the commands that need it.
    pub(crate) fn into_items(self) -> impl Iterator<Item = Item<A>> {
        let (mut states, mut facts) = (self.states.into_iter(), self.facts.into_iter());
        self.order.into_iter().filter_map(move |kind| match kind {
            Kind::State => states.next().map(Item::State),
            Kind::Fact => facts.next().map(Item::Fact),
        })
    }

    /// Iterates over the aggregates that were looked up.
    pub(crate) fn ids(&self) -> impl Iterator<Item = A::Id> {
        self.state_of.keys().chain(self.facts_of.keys()).copied()
    }

    fn concerns(&self, id: A::Id) -> bool {
        self.state_of.contains_key(&id) || self.facts_of.contains_key(&id)
    }

    /// Folds the partition's next event into what was found.
    pub(crate) fn evolve(&mut self, past: &Past<A>) {
        let id = past.id();
        if let Some(&index) = self.state_of.get(&id) {
            past.evolve(&mut self.states[index].state);
        }
        for &index in self.facts_of.get(&id).into_iter().flatten() {
            let found = &mut self.facts[index];
            past.evolve_fact(found.id, &mut found.fact);
        }
    }
}

/// The outcome of a lookup.
pub(crate) enum Lookup<A: LoggedAggregate> {
    /// The stored states; events after their progress are still missing.
    Loaded(Found<A>),
    /// The stored states and events read back from the log; the recent ones are still missing.
    ReadBack(Found<A>),
    /// It failed; the text says why.
    Failed(String),
    /// The log holds an event that this program cannot read.
    Unreadable(Stopped),
}

/// Loads from the stored states, within [`Config::load_timeout`].
pub(crate) async fn load<A: LoggedAggregate>(
    config: &Config,
    states: &impl States<A>,
    partition: Partition,
    wanted: Wanted<A>,
) -> Lookup<A> {
    match tokio::time::timeout(config.load_timeout, states.load(partition, &wanted.states, &wanted.facts)).await {
        Ok(Ok(loaded)) => Lookup::Loaded(Found::new(wanted, loaded)),
        Ok(Err(error)) => Lookup::Failed(error.to_string()),
        Err(_) => Lookup::Failed("the states did not answer in time".into()),
    }
}

/// Completes what was loaded with the events in `range` of the log, within [`Config::read_back_timeout`].
pub(crate) async fn read_back<A: LoggedAggregate>(
    config: &Config,
    log: &dyn EventLog,
    partition: Partition,
    range: Range<Offset>,
    mut found: Found<A>,
) -> Lookup<A> {
    tracing::debug!(
        partition,
        ?range,
        "the stored states of partition {partition} lag: reading events {range:?} back from the log"
    );
    metrics::read_backs().increment(1);
    // Where the range begins later than the progress, it begins with an event that counts.
    let mut last = found.progress.cause.filter(|_| range.start <= found.progress.next);
    let reading = read_range::<A>(log, partition, range.start, range.end, |record| {
        let is_concerned = A::id_of_record(record).is_some_and(|id| found.concerns(id));
        let header_cause = codec::cause_of(record);
        if !is_concerned && header_cause.is_some() {
            // Only its cause counts, which drops later copies.
            last = last.max(header_cause);
        } else if let Some(recorded) = Recorded::read(record)?
            && Some(recorded.cause) > last
        {
            last = Some(recorded.cause);
            found.evolve(&recorded.past);
        }
        Ok(())
    });
    match tokio::time::timeout(config.read_back_timeout, reading).await {
        Ok(Ok(())) => Lookup::ReadBack(found),
        Ok(Err(RangeError::Unreadable(stopped))) => Lookup::Unreadable(stopped),
        Ok(Err(RangeError::LogClosed)) => Lookup::Failed("the log was shut down".into()),
        Err(_) => Lookup::Failed("the states lag too far behind to be continued in time".into()),
    }
}
