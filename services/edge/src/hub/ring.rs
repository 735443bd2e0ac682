//! The newest events of a partition, for sessions that resume or join.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use threadline_domain::thread::{Change, Event};
use threadline_domain::{Offset, Position, ThreadId, UserId};
use threadline_wire::{avro, frame};

/// What an entry takes besides its bytes, roughly.
const ENTRY_BYTES: usize = 256;
/// A JSON frame is larger than the Avro value it is made from, by about so much.
const FRAME_BYTES_MORE: usize = 400;

/// An event in the ring: the record's value, and its frame from the first time that it is needed.
pub(crate) struct Entry {
    /// Where it lies in the log.
    pub(crate) position: Position,
    /// Its thread.
    pub(crate) thread: ThreadId,
    /// Whose membership it changes.
    pub(crate) about: About,
    value: Bytes,
    frame: OnceLock<Utf8Bytes>,
}

/// Whose membership an event changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Nobody's.
    Nobody,
    /// All these are in the new thread.
    Created(Box<[UserId]>),
    /// This one came in.
    Added(UserId),
    /// This one is out.
    Removed(UserId),
}

impl About {
    pub(crate) fn of(event: &Event) -> Self {
        match &event.change {
            Change::ThreadCreated(created) => Self::Created(created.members.iter().map(|m| m.user.clone()).collect()),
            Change::MemberAdded { user, .. } => Self::Added(user.clone()),
            Change::MemberRemoved { user } => Self::Removed(user.clone()),
            _ => Self::Nobody,
        }
    }

    /// Whether the user is in the thread from this event on; `None` when it is not about the user.
    pub(crate) fn joins(&self, user: &UserId) -> Option<bool> {
        match self {
            Self::Created(users) if users.contains(user) => Some(true),
            Self::Added(who) if who == user => Some(true),
            Self::Removed(who) if who == user => Some(false),
            _ => None,
        }
    }
}

impl Entry {
    pub(crate) fn new(position: Position, thread: ThreadId, about: About, value: Bytes) -> Self {
        Self { position, thread, about, value, frame: OnceLock::new() }
    }

    /// The frame that every receiver gets, once it was encoded.
    pub(crate) fn frame(&self) -> Option<&Utf8Bytes> {
        self.frame.get()
    }

    /// The frame of this entry's event, whose texts are open; encoded once.
    pub(crate) fn frame_of_opened(&self, event: &Event) -> Utf8Bytes {
        self.frame.get_or_init(|| frame_of(self.position, event)).clone()
    }

    /// The event, read anew.
    pub(crate) fn event(&self) -> Option<Event> {
        avro::decode_event(&self.value).ok().map(|(event, _)| event)
    }

    fn weight_bytes(&self) -> usize {
        ENTRY_BYTES + 2 * self.value.len() + FRAME_BYTES_MORE
    }
}

/// The frame of an event.
pub(crate) fn frame_of(position: Position, event: &Event) -> Utf8Bytes {
    frame::event_frame(position, event).into()
}

/// The newest events of one partition, without holes from `start` on.
pub(crate) struct Ring {
    start: Offset,
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    bytes_max: usize,
}

impl Ring {
    /// Empty, at this offset.
    pub(crate) fn new(start: Offset, bytes_max: usize) -> Self {
        Self { start, entries: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// Adds the next event; the oldest make room.
    pub(crate) fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.weight_bytes();
        self.entries.push_back(entry);
        while self.bytes > self.bytes_max
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.weight_bytes();
            self.start = oldest.position.offset + 1;
        }
    }

    /// Whether every event from this offset on is here.
    pub(crate) fn covers(&self, from: Offset) -> bool {
        from >= self.start
    }

    /// The events from this offset on, in order.
    pub(crate) fn since(&self, from: Offset) -> impl Iterator<Item = &Arc<Entry>> {
        let first = self.entries.partition_point(|entry| entry.position.offset < from);
        self.entries.range(first..)
    }

    /// Lets go of the frames; they are encoded anew when they are needed.
    pub(crate) fn forget_frames(&mut self) {
        for entry in &mut self.entries {
            let Entry { position, thread, about, value, .. } = &**entry;
            *entry = Arc::new(Entry::new(*position, *thread, about.clone(), value.clone()));
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use threadline_domain::Topic;
    use uuid::Uuid;

    use super::*;

    fn entry(offset: Offset, value_bytes: usize) -> Arc<Entry> {
        let position = Position { topic: Topic::Messages, partition: 0, offset };
        Arc::new(Entry::new(position, ThreadId(Uuid::nil()), About::Nobody, vec![0; value_bytes].into()))
    }

    #[test]
    fn a_ring_tells_what_it_covers() {
        let ten_entries = 10 * entry(0, 100).weight_bytes();
        let mut ring = Ring::new(10, ten_entries);
        assert!(ring.covers(10) && !ring.covers(9));
        // Duplicates leave no entry: offsets in the ring rise, not by one.
        for offset in (10..40).step_by(2) {
            ring.push(entry(offset, 100));
        }
        let first_kept = ring.since(0).next().unwrap().position.offset;
        assert_eq!(first_kept, 20);
        assert!(ring.covers(19) && !ring.covers(18));
        let offsets: Vec<_> = ring.since(33).map(|entry| entry.position.offset).collect();
        assert_eq!(offsets, [34, 36, 38]);
        assert_eq!(ring.bytes(), ten_entries);
    }

    #[test]
    fn an_event_larger_than_the_ring_leaves_it_empty_but_in_place() {
        let mut ring = Ring::new(0, 1_000);
        ring.push(entry(0, 10));
        ring.push(entry(1, 10_000));
        assert_eq!(ring.since(0).count(), 0);
        assert!(ring.covers(2) && !ring.covers(1));
        assert_eq!(ring.bytes(), 0);
    }
}
