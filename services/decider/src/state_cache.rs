//! The states in memory: the most recently used ones, bounded by their weight.

use lru::LruCache;
use threadline_domain::Aggregate;

/// States by aggregate id, within `bytes_max`; the least recently used are dropped first. A state may be dropped at any
/// time: it is loaded again when needed. The state used last and the pinned one always stay.
pub(crate) struct StateCache<A: Aggregate> {
    states: LruCache<A::Id, (A::State, usize)>,
    bytes: usize,
    bytes_max: usize,
    /// Kept, whatever else is added.
    pinned: Option<A::Id>,
}

impl<A: Aggregate> StateCache<A> {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { states: LruCache::unbounded(), bytes: 0, bytes_max, pinned: None }
    }

    /// Returns the state without counting as a use.
    pub(crate) fn peek(&self, id: A::Id) -> Option<&A::State> {
        self.states.peek(&id).map(|(state, _)| state)
    }

    /// Returns the state; counts as a use.
    pub(crate) fn get_mut(&mut self, id: A::Id) -> Option<&mut A::State> {
        self.states.get_mut(&id).map(|(state, _)| state)
    }

    /// Adds a loaded state.
    pub(crate) fn insert(&mut self, id: A::Id, state: A::State) {
        let weight = A::weight_bytes(&state);
        self.bytes += weight;
        if let Some((_, (_, old))) = self.states.push(id, (state, weight)) {
            self.bytes -= old;
        }
        self.shrink();
    }

    /// Weighs a state again after it changed; drops others if the bound is exceeded.
    pub(crate) fn reweigh(&mut self, id: A::Id) {
        if let Some((state, weight)) = self.states.peek_mut(&id) {
            let now = A::weight_bytes(state);
            self.bytes = self.bytes + now - std::mem::replace(weight, now);
        }
        self.shrink();
    }

    /// Returns the estimated bytes of all states.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Keeps this state, whatever is added, until another one is pinned.
    pub(crate) fn pin(&mut self, id: Option<A::Id>) {
        self.pinned = id;
    }

    /// Never drops the state used last, whatever its weight: a command is being decided on it.
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
