//! A partition's aggregates: the states in memory, and the recent events that complete a loaded state.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

use threadline_domain::{Decision, DecisionOf};
use threadline_eventlog::{LoggedAggregate, Offset};
use threadline_projections::Progress;

use crate::lookup::{Found, FoundFact, FoundState, Item, Need};
use crate::past::{Past, Recorded};
use crate::recent_events::{Ahead, RecentEvents};
use crate::state_cache::StateCache;

/// The number of recent events from which those that the stored states have are forgotten.
const RECENT_EVENTS_TRIM: usize = 256;

pub(crate) struct Aggregates<A: LoggedAggregate> {
    memory: StateCache<A>,
    recent: RecentEvents<A>,
}

impl<A: LoggedAggregate> Aggregates<A> {
    pub(crate) fn new(recent: RecentEvents<A>, state_bytes_max: usize) -> Self {
        Self { memory: StateCache::new(state_bytes_max), recent }
    }

    /// Returns what must be looked up before the command can be decided.
    pub(crate) fn need(&self, command: &A::Command) -> Need<A> {
        let id = A::id_of(command);
        match self.memory.peek(id) {
            None => Need::State(id),
            Some(state) => A::missing(state, command).map_or(Need::Nothing, |fact| Need::Fact(id, fact)),
        }
    }

    /// Decides a command that needs nothing.
    pub(crate) fn decide(&mut self, command: &A::Command) -> Option<DecisionOf<A>> {
        let state = self.memory.get_mut(A::id_of(command))?;
        let decision = A::decide(state, command);
        tracing::debug!(accepted = matches!(decision, Decision::Event(_)), "decided");
        Some(decision)
    }

    /// Folds an event that was just decided into its state, before it is appended at `offset`.
    pub(crate) fn evolve(&mut self, event: A::Event, offset: Offset, cause: Offset, bytes: usize) {
        let id = A::id_of_event(&event);
        if let Some(state) = self.memory.get_mut(id) {
            A::evolve(state, &event);
        }
        self.memory.reweigh(id);
        self.recent.push(Recorded { offset, cause, past: Past::Event(event), bytes });
    }

    /// Returns the part of the log that must be read back before the found states are complete; empty when memory has
    /// it all.
    pub(crate) fn gap(&self, found: &Found<A>) -> Result<Range<Offset>, Ahead> {
        let mut all: Range<Offset> = 0..0;
        for id in found.ids() {
            let gap = self.recent.gap(found.progress, id)?;
            if gap.is_empty() {
                continue;
            }
            all = if all.is_empty() { gap } else { all.start.min(gap.start)..all.end.max(gap.end) };
        }
        Ok(all)
    }

    /// Adds the found states, completed with the recent events. When memory is short, keeps what the first commands
    /// need; the others ask again.
    pub(crate) fn insert_loaded(&mut self, mut found: Found<A>) {
        for past in self.recent.after(found.progress) {
            found.evolve(past);
        }
        let progress = found.progress;
        self.memory.pin(found.first());
        let mut kept = Kept { ids: HashSet::new(), bytes: 0, bytes_max: self.memory.bytes_max() };
        for item in found.into_items() {
            match item {
                Item::State(FoundState { id, state }) => {
                    if !kept.keep(id, A::weight_bytes(&state)) {
                        break;
                    }
                    self.memory.insert(id, state);
                }
                Item::Fact(FoundFact { of, id, fact }) => {
                    let Some(state) = self.memory.get_mut(of) else { continue };
                    if !kept.keep(of, A::weight_bytes(state)) {
                        break;
                    }
                    A::admit(state, id, fact);
                    self.memory.reweigh(of);
                }
            }
        }
        self.memory.pin(None);
        self.recent.forget(progress);
    }

    /// Forgets the events that the stored states have.
    pub(crate) fn forget(&mut self, progress: Progress) {
        if self.recent.len() > RECENT_EVENTS_TRIM {
            self.recent.forget(progress);
        }
    }

    /// Estimated bytes of all states in memory.
    pub(crate) fn state_bytes(&self) -> usize {
        self.memory.bytes()
    }
}

/// Counts what one lookup adds to memory: no more than fits, so that it evicts nothing of itself.
struct Kept<Id> {
    ids: HashSet<Id>,
    bytes: usize,
    bytes_max: usize,
}

impl<Id: Eq + Hash> Kept<Id> {
    /// Whether a state of this size fits; the first one always does.
    fn keep(&mut self, id: Id, bytes: usize) -> bool {
        if self.ids.contains(&id) {
            return true;
        }
        if !self.ids.is_empty() && self.bytes + bytes > self.bytes_max {
            return false;
        }
        self.bytes += bytes;
        self.ids.insert(id)
    }
}
