//! The events of a partition that the views may not have yet.

use std::collections::VecDeque;
use std::sync::Arc;

use threadline_domain::Aggregate;
use threadline_eventlog::Offset;
use threadline_views::Progress;

/// A partition's latest events by rising cause, from the views' progress on: what a snapshot is continued with.
#[derive(Debug)]
pub(crate) struct Recent<A: Aggregate> {
    events: VecDeque<(Offset, Arc<A::Event>)>,
    events_max: usize,
    /// Events with a cause up to this one are not here (any more): a snapshot must have them.
    floor: Option<Offset>,
    /// The last cause seen, here or in the views.
    last: Option<Offset>,
}

/// A snapshot that cannot be continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It lacks events that are not in memory any more: the views are too far behind.
    Behind,
    /// It has events that this owner never wrote: someone else writes this partition too.
    Ahead,
}

impl<A: Aggregate> Recent<A> {
    /// Nothing yet; the views have everything up to `floor`.
    pub(crate) fn new(floor: Option<Offset>, events_max: usize) -> Self {
        Self { events: VecDeque::new(), events_max, floor, last: floor }
    }

    /// Says that events which the views may lack were left out before the ones pushed from now on.
    pub(crate) fn skip_to(&mut self, cause: Offset) {
        self.floor = self.floor.max(Some(cause));
        self.last = self.last.max(Some(cause));
    }

    /// Adds an event; `false` when its cause is not above the last one: a second copy, which does not count.
    pub(crate) fn push(&mut self, cause: Offset, event: Arc<A::Event>) -> bool {
        if self.last.is_some_and(|last| cause <= last) {
            return false;
        }
        self.last = Some(cause);
        self.events.push_back((cause, event));
        if self.events.len() > self.events_max {
            self.floor = self.events.pop_front().map(|(cause, _)| cause);
        }
        true
    }

    /// How many events are here.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The last cause.
    pub(crate) fn last(&self) -> Option<Offset> {
        self.last
    }

    /// Forgets what the views have.
    pub(crate) fn forget(&mut self, progress: Progress) {
        while let Some((cause, _)) = self.events.front()
            && Some(*cause) <= progress.cause
        {
            self.floor = Some(*cause);
            self.events.pop_front();
        }
    }

    /// The events of one aggregate that a snapshot with this progress lacks.
    pub(crate) fn after(&self, progress: Progress, id: A::Id) -> Result<impl Iterator<Item = &A::Event>, Unusable> {
        if progress.cause < self.floor {
            return Err(Unusable::Behind);
        }
        if progress.cause > self.last {
            return Err(Unusable::Ahead);
        }
        let from = self.events.partition_point(|(cause, _)| Some(*cause) <= progress.cause);
        Ok(self.events.range(from..).map(|(_, event)| &**event).filter(move |event| A::id_of_event(event) == id))
    }
}
