//! The events of a partition that the views may not have yet.

use std::collections::VecDeque;

use threadline_domain::Aggregate;
use threadline_eventlog::Offset;
use threadline_views::Progress;

/// What an event takes besides the bytes of its record, roughly.
const EVENT_BYTES: usize = 256;

/// A partition's latest events by rising cause, from the views' progress on: what a snapshot is continued with.
#[derive(Debug)]
pub(crate) struct Recent<A: Aggregate> {
    events: VecDeque<Kept<A::Event>>,
    bytes: usize,
    bytes_max: usize,
    /// Events with a cause up to this one are not here (any more): a snapshot must have them.
    floor: Option<Offset>,
    /// The last cause seen, here or in the views.
    last: Option<Offset>,
}

#[derive(Debug)]
struct Kept<E> {
    cause: Offset,
    event: E,
    bytes: usize,
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
    pub(crate) fn new(floor: Option<Offset>, bytes_max: usize) -> Self {
        Self { events: VecDeque::new(), bytes: 0, bytes_max, floor, last: floor }
    }

    /// Says that events which the views may lack were left out before the ones pushed from now on.
    pub(crate) fn skip_to(&mut self, cause: Offset) {
        self.floor = self.floor.max(Some(cause));
        self.last = self.last.max(Some(cause));
    }

    /// Adds an event whose record has so many bytes, unless its cause is not above the last one: that is a second copy,
    /// which does not count. The oldest make room.
    pub(crate) fn push(&mut self, cause: Offset, event: A::Event, record_bytes: usize) {
        if self.last.is_some_and(|last| cause <= last) {
            return;
        }
        self.last = Some(cause);
        let bytes = record_bytes + EVENT_BYTES;
        self.bytes += bytes;
        self.events.push_back(Kept { cause, event, bytes });
        while self.bytes > self.bytes_max {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.events.pop_front() {
            self.bytes -= oldest.bytes;
            self.floor = Some(oldest.cause);
        }
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
        while self.events.front().is_some_and(|oldest| Some(oldest.cause) <= progress.cause) {
            self.drop_oldest();
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
        let from = self.events.partition_point(|kept| Some(kept.cause) <= progress.cause);
        Ok(self.events.range(from..).map(|kept| &kept.event).filter(move |event| A::id_of_event(event) == id))
    }
}

#[cfg(test)]
mod tests {
    use threadline_domain::thread::{Change, Event, Thread};
    use threadline_domain::{ThreadId, Timestamp, UserId};

    use super::*;

    const RECORD_BYTES: usize = 1_000;

    fn recent(events: u64) -> Recent<Thread> {
        // Room for ten.
        let mut recent = Recent::new(None, 10 * (RECORD_BYTES + EVENT_BYTES));
        for seq in 1..=events {
            let actor = UserId::new("ann").unwrap();
            let event = Event {
                thread: ThreadId::of_key("key"),
                seq,
                actor: actor.into(),
                at: Timestamp(0),
                change: Change::ThreadArchived,
            };
            recent.push(10 * seq, event, RECORD_BYTES);
        }
        recent
    }

    fn seqs(recent: &Recent<Thread>, cause: Option<Offset>) -> Result<Vec<u64>, Unusable> {
        let events = recent.after(Progress { next: 0, cause }, ThreadId::of_key("key"))?;
        Ok(events.map(|event| event.seq).collect())
    }

    #[test]
    fn a_snapshot_is_continued_behind_its_progress() {
        let mut recent = recent(3);
        assert_eq!(seqs(&recent, None), Ok(vec![1, 2, 3]));
        assert_eq!(seqs(&recent, Some(20)), Ok(vec![3]));
        assert_eq!(seqs(&recent, Some(31)), Err(Unusable::Ahead));
        recent.forget(Progress { next: 0, cause: Some(20) });
        assert_eq!((seqs(&recent, Some(20)), seqs(&recent, Some(10))), (Ok(vec![3]), Err(Unusable::Behind)));
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let recent = recent(25);
        assert_eq!(recent.len(), 10);
        assert_eq!(seqs(&recent, Some(150)), Ok((16..=25).collect()));
        assert_eq!(seqs(&recent, Some(140)), Err(Unusable::Behind));
    }
}
