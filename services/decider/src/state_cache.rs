//! The states in memory: the most recently used ones, bounded by their weight.

use lru::LruCache;
use threadline_domain::Aggregate;

/// States by aggregate id. A state may be dropped at any time; it is loaded again when needed.
pub(crate) struct StateCache<A: Aggregate> {
    states: LruCache<A::Id, (A::State, usize)>,
    bytes: usize,
    bytes_max: usize,
    /// Stays, whatever comes.
    pinned: Option<A::Id>,
}

impl<A: Aggregate> StateCache<A> {
    /// None yet.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { states: LruCache::unbounded(), bytes: 0, bytes_max, pinned: None }
    }

    /// The state, without counting as used.
    pub(crate) fn peek(&self, id: A::Id) -> Option<&A::State> {
        self.states.peek(&id).map(|(state, _)| state)
    }

    /// The state, which counts as used now.
    pub(crate) fn get_mut(&mut self, id: A::Id) -> Option<&mut A::State> {
        self.states.get_mut(&id).map(|(state, _)| state)
    }

    /// Takes in a loaded state.
    pub(crate) fn insert(&mut self, id: A::Id, state: A::State) {
        let weight = A::weight_bytes(&state);
        self.bytes += weight;
        if let Some((_, (_, old))) = self.states.push(id, (state, weight)) {
            self.bytes -= old;
        }
        self.shrink();
    }

    /// Weighs a state again after it changed; drops others when the bound is passed.
    pub(crate) fn reweigh(&mut self, id: A::Id) {
        if let Some((state, weight)) = self.states.peek_mut(&id) {
            let now = A::weight_bytes(state);
            self.bytes = self.bytes + now - std::mem::replace(weight, now);
        }
        self.shrink();
    }

    /// Estimated bytes of all states.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What they may take.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Keeps this state, whatever else is taken in, until another one is pinned.
    pub(crate) fn pin(&mut self, id: Option<A::Id>) {
        self.pinned = id;
    }

    /// The most recently used state stays, whatever it weighs: it is the one being worked on.
    fn shrink(&mut self) {
        while self.bytes > self.bytes_max && self.states.len() > 1 {
            let oldest = self.states.peek_lru().map(|(id, _)| *id);
            if let Some(id) = oldest.filter(|id| Some(*id) == self.pinned) {
                self.states.promote(&id);
            }
            if let Some((_, (_, weight))) = self.states.pop_lru() {
                self.bytes -= weight;
            }
        }
    }
}
