//! The events of a partition that the stored states may not have yet.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use threadline_domain::Aggregate;
use threadline_eventlog::Offset;
use threadline_projections::Progress;

use crate::past::{Past, Recorded};

/// Bytes of an event besides those of its record, roughly.
const EVENT_BYTES: usize = 256;
/// Aggregates whose dropped events are told apart; beyond that, a dropped event counts for every aggregate.
const DROPPED_AGGREGATES_MAX: usize = 100_000;

/// A partition's latest events by rising cause, from the progress of the stored states on. They complete a loaded
/// state.
///
/// ```text
/// offsets   0 ......... floor_next ........... progress of a state ............ end
///           dropped: [floor] read back from the log   kept in memory: [events]
/// ```
///
/// While the states lag by more than memory holds, the oldest events are dropped; the range where an aggregate's
/// dropped events are is kept, so that a load reads back only those. [`gap`](Self::gap) names that range, and fails
/// with [`Ahead`] when a state has an event that this owner never saw.
#[derive(Debug)]
pub(crate) struct RecentEvents<A: Aggregate> {
    events: VecDeque<Recorded<A>>,
    bytes: usize,
    bytes_max: usize,
    /// Events with a cause up to this one are not here: a loaded state must have them, or read them back.
    floor: Option<Offset>,
    /// The offset after the last event that is not here.
    floor_next: Offset,
    /// Events after this cause that are not here are in `dropped`.
    dropped_after: Option<Offset>,
    dropped: Dropped<A::Id>,
    /// The last cause seen, here or in the states.
    last: Option<Offset>,
}

/// A stored state has an event that this owner never wrote: another process writes to this partition too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ahead;

impl<A: Aggregate> RecentEvents<A> {
    /// Makes an empty list; the stored states have everything up to `progress`.
    pub(crate) fn new(progress: Progress, bytes_max: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            bytes_max,
            floor: progress.cause,
            floor_next: progress.next,
            dropped_after: progress.cause,
            dropped: Dropped { spans: HashMap::new(), others: None },
            last: progress.cause,
        }
    }

    /// Adds an event, unless its cause is not above the last one: then it is a duplicate. Drops the oldest events if
    /// memory is short.
    pub(crate) fn push(&mut self, recorded: Recorded<A>) {
        if self.last.is_some_and(|last| recorded.cause <= last) {
            return;
        }
        self.last = Some(recorded.cause);
        self.bytes += recorded.bytes + EVENT_BYTES;
        self.events.push_back(recorded);
        while self.bytes > self.bytes_max
            && let Some(oldest) = self.pop_oldest()
        {
            self.dropped.add(oldest.past.id(), oldest.offset);
        }
    }

    /// Returns the number of events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn last(&self) -> Option<Offset> {
        self.last
    }

    /// Forgets the events that the stored states have.
    pub(crate) fn forget(&mut self, progress: Progress) {
        while self.events.front().is_some_and(|oldest| Some(oldest.cause) <= progress.cause) {
            self.pop_oldest();
        }
        if self.floor <= progress.cause {
            self.floor = self.floor.max(progress.cause);
            self.floor_next = self.floor_next.max(progress.next);
            self.dropped_after = self.floor;
            self.dropped = Dropped { spans: HashMap::new(), others: None };
        }
    }

    /// Returns the part of the log with all events of an aggregate that a state with this progress lacks and that are
    /// not here; empty when there are none.
    pub(crate) fn gap(&self, progress: Progress, id: A::Id) -> Result<Range<Offset>, Ahead> {
        if progress.cause > self.last {
            return Err(Ahead);
        }
        if progress.cause >= self.floor {
            return Ok(0..0);
        }
        // Nothing is known of where events before `dropped_after` are.
        let span =
            if progress.cause < self.dropped_after { progress.next..self.floor_next } else { self.dropped.span_of(id) };
        Ok(span.start.max(progress.next)..span.end)
    }

    /// Iterates over the events that a state with this progress may lack.
    pub(crate) fn after(&self, progress: Progress) -> impl Iterator<Item = &Past<A>> {
        let from = self.events.partition_point(|event| Some(event.cause) <= progress.cause);
        self.events.range(from..).map(|event| &event.past)
    }

    fn pop_oldest(&mut self) -> Option<Recorded<A>> {
        let oldest = self.events.pop_front()?;
        self.bytes -= oldest.bytes + EVENT_BYTES;
        self.floor = Some(oldest.cause);
        self.floor_next = oldest.offset + 1;
        Some(oldest)
    }
}

/// The offsets of dropped events in the log.
#[derive(Debug)]
struct Dropped<Id> {
    spans: HashMap<Id, Range<Offset>>,
    /// The range of all aggregates that are not in `spans`.
    others: Option<Range<Offset>>,
}

impl<Id: Copy + Eq + std::hash::Hash> Dropped<Id> {
    /// Adds an event; offsets rise.
    fn add(&mut self, id: Id, offset: Offset) {
        let is_full = self.spans.len() >= DROPPED_AGGREGATES_MAX;
        match self.spans.get_mut(&id) {
            Some(span) => span.end = offset + 1,
            None if is_full => self.others.get_or_insert(offset..offset).end = offset + 1,
            None => drop(self.spans.insert(id, offset..offset + 1)),
        }
    }

    fn span_of(&self, id: Id) -> Range<Offset> {
        self.spans.get(&id).or(self.others.as_ref()).cloned().unwrap_or(0..0)
    }
}

#[cfg(test)]
mod tests {
    use threadline_domain::thread::{Change, Event, Thread};
    use threadline_domain::{ThreadId, Timestamp, UserId};

    use super::*;

    const RECORD_BYTES: usize = 1_000;

    /// Event n has the cause 10 n, the offset n and the seq n; every third one is of another thread.
    fn recent(events: u64) -> RecentEvents<Thread> {
        // Room for ten.
        let mut recent = RecentEvents::new(Progress::default(), 10 * (RECORD_BYTES + EVENT_BYTES));
        for n in 1..=events {
            let event = Event {
                thread: thread(n),
                seq: n,
                actor: UserId::new("ann").unwrap().into(),
                at: Timestamp(0),
                change: Change::ThreadArchived,
            };
            recent.push(Recorded { offset: n, cause: 10 * n, past: Past::Event(event), bytes: RECORD_BYTES });
        }
        recent
    }

    fn thread(n: u64) -> ThreadId {
        ThreadId::of_key(if n.is_multiple_of(3) { "third" } else { "key" })
    }

    fn progress(n: u64) -> Progress {
        Progress { next: n + 1, cause: (n > 0).then_some(10 * n) }
    }

    fn seqs(recent: &RecentEvents<Thread>, after: u64) -> Vec<u64> {
        let events = recent.after(progress(after));
        events.map(|past| if let Past::Event(event) = past { event.seq } else { 0 }).collect()
    }

    #[test]
    fn a_state_is_continued_after_its_progress() {
        let mut recent = recent(3);
        assert_eq!(seqs(&recent, 0), [1, 2, 3]);
        assert_eq!(seqs(&recent, 2), [3]);
        assert_eq!(recent.gap(Progress { next: 4, cause: Some(31) }, thread(1)), Err(Ahead));
        recent.forget(progress(2));
        assert_eq!((seqs(&recent, 2), recent.gap(progress(2), thread(1))), (vec![3], Ok(0..0)));
        assert_eq!(recent.gap(progress(1), thread(1)), Ok(2..3), "a state older than one seen before");
    }

    #[test]
    fn events_that_found_no_room_are_known_by_their_place() {
        let mut recent = recent(25);
        assert_eq!((recent.len(), seqs(&recent, 15)), (10, (16..=25).collect()));
        assert_eq!(recent.gap(progress(15), thread(1)), Ok(0..0));
        assert_eq!(recent.gap(progress(4), thread(1)), Ok(5..15));
        assert_eq!(recent.gap(progress(4), thread(3)), Ok(5..16));
        assert!(recent.gap(progress(4), ThreadId::of_key("quiet")).unwrap().is_empty());
        assert!(recent.gap(progress(14), thread(1)).unwrap().is_empty(), "the last of its events is in the state");
        recent.forget(progress(20));
        assert_eq!((seqs(&recent, 20), recent.gap(progress(20), thread(1))), ((21..=25).collect(), Ok(0..0)));
        assert_eq!(recent.gap(progress(4), thread(1)), Ok(5..21), "a state older than one seen before");
    }
}
