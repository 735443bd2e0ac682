//! The recent events of one partition, indexed by thread and by user.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use threadline_domain::thread::TextChange;
use threadline_domain::{Offset, ThreadId, UserId};

use crate::audience::Audience;
use crate::entry::Entry;

/// Bytes that an entry takes besides its value and frame, roughly.
const ENTRY_BYTES: usize = 320;
/// Bytes by which a JSON frame is larger than the Avro value it is encoded from, roughly.
const FRAME_BYTES_MORE: usize = 400;
/// Bytes that one user in the index takes, roughly.
const INDEXED_USER_BYTES: usize = 96;

/// The recent events of one partition, without gaps from `start` on. Within `bytes_max`: the oldest are evicted.
#[derive(Debug)]
pub(crate) struct Ring {
    start: Offset,
    entries: VecDeque<Arc<Entry>>,
    by_thread: HashMap<ThreadId, VecDeque<Arc<Entry>>>,
    /// Events that change the user's membership, or that name the user as their audience.
    by_user: HashMap<UserId, VecDeque<Arc<Entry>>>,
    bytes: usize,
    bytes_max: usize,
}

impl Ring {
    pub(crate) fn new(start: Offset, bytes_max: usize) -> Self {
        Self {
            start,
            entries: VecDeque::new(),
            by_thread: HashMap::new(),
            by_user: HashMap::new(),
            bytes: 0,
            bytes_max,
        }
    }

    pub(crate) fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += weight_bytes(&entry);
        if let Some(thread) = entry.thread() {
            self.withhold_superseded(thread, &entry);
            self.by_thread.entry(thread).or_default().push_back(Arc::clone(&entry));
        }
        for user in indexed_users(&entry) {
            self.by_user.entry(user.clone()).or_default().push_back(Arc::clone(&entry));
        }
        self.entries.push_back(entry);
        while self.bytes > self.bytes_max
            && let Some(oldest) = self.entries.pop_front()
        {
            self.evict(&oldest);
        }
    }

    /// Withholds the text that an event replaces or deletes from sessions that resume, in all earlier events.
    fn withhold_superseded(&self, thread: ThreadId, entry: &Entry) {
        let Some(TextChange { number, supersedes }) = entry.event.text_change else { return };
        if supersedes.is_empty() {
            return;
        }
        for earlier in self.of_thread(thread, 0).rev() {
            let Some(change) = earlier.event.text_change.filter(|change| change.number == number) else { continue };
            earlier.withhold(supersedes);
            if change.supersedes.is_empty() {
                // The posting: nothing before it concerns the message.
                break;
            }
        }
    }

    /// Returns whether the ring holds every event from this offset on.
    pub(crate) fn covers(&self, from: Offset) -> bool {
        from >= self.start
    }

    /// Returns the number of events from this offset on.
    pub(crate) fn count_since(&self, from: Offset) -> usize {
        self.entries.len() - first_at(&self.entries, from)
    }

    /// Returns the events from this offset on, in order.
    pub(crate) fn since(&self, from: Offset) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.range(first_at(&self.entries, from)..)
    }

    /// Returns the events of a thread from this offset on, in order.
    pub(crate) fn of_thread(&self, thread: ThreadId, from: Offset) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        since(self.by_thread.get(&thread), from)
    }

    /// Returns the events from this offset on that change the user's membership or name the user, in order.
    pub(crate) fn of_user(&self, user: &UserId, from: Offset) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        since(self.by_user.get(user), from)
    }

    /// Drops the frames of all entries; sessions that resume encode them again.
    pub(crate) fn forget_frames(&self) {
        self.entries.iter().for_each(|entry| entry.forget_frame());
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn evict(&mut self, oldest: &Arc<Entry>) {
        self.bytes -= weight_bytes(oldest);
        self.start = oldest.offset() + 1;
        if let Some(thread) = oldest.thread() {
            evict_first(&mut self.by_thread, &thread);
        }
        for user in indexed_users(oldest) {
            evict_first(&mut self.by_user, user);
        }
    }
}

fn since(entries: Option<&VecDeque<Arc<Entry>>>, from: Offset) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
    entries.map(|entries| entries.range(first_at(entries, from)..)).into_iter().flatten()
}

fn first_at(entries: &VecDeque<Arc<Entry>>, from: Offset) -> usize {
    // Most sessions resume near the end.
    if entries.back().is_none_or(|last| last.offset() < from) {
        return entries.len();
    }
    entries.partition_point(|entry| entry.offset() < from)
}

/// The oldest entry of the ring is the first one under each of its keys.
fn evict_first<K: Hash + Eq>(index: &mut HashMap<K, VecDeque<Arc<Entry>>>, key: &K) {
    let Some(entries) = index.get_mut(key) else { return };
    entries.pop_front();
    if entries.is_empty() {
        index.remove(key);
    }
}

fn indexed_users(entry: &Entry) -> &[UserId] {
    match &entry.event.audience {
        Audience::Thread(_) => entry.event.membership.users(),
        Audience::Users(users) => users,
    }
}

fn weight_bytes(entry: &Entry) -> usize {
    ENTRY_BYTES + 2 * entry.event.value.len() + FRAME_BYTES_MORE + INDEXED_USER_BYTES * indexed_users(entry).len()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use threadline_domain::thread::TextParts;
    use threadline_domain::{Position, Topic};
    use uuid::Uuid;

    use super::*;
    use crate::{Content, Event, Membership};

    fn thread(number: u128) -> ThreadId {
        ThreadId(Uuid::from_u128(number))
    }

    fn entry(offset: Offset, of: u128, value_bytes: usize, membership: Membership) -> Arc<Entry> {
        let event = Event {
            position: Position { topic: Topic::Messages, partition: 0, offset },
            cause: offset,
            audience: Audience::Thread(thread(of)),
            membership,
            seq: offset,
            number: None,
            text_change: None,
            value: vec![0; value_bytes].into(),
        };
        Arc::new(Entry::new(event, Content::NotEncoded))
    }

    fn offsets<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>) -> Vec<Offset> {
        entries.map(|entry| entry.offset()).collect()
    }

    #[test]
    fn the_oldest_make_room_and_leave_the_index() {
        let ann = UserId::new("ann").unwrap();
        let plain = |offset| entry(offset, u128::from(offset % 3), 100, Membership::Unchanged);
        let ten_entries = 10 * weight_bytes(&plain(0));
        let mut ring = Ring::new(10, ten_entries);
        assert!(ring.covers(10) && !ring.covers(9));
        ring.push(entry(8, 1, 0, Membership::Added(ann.clone())));
        assert_eq!(offsets(ring.of_user(&ann, 0)), [8]);
        // Duplicates leave no entry: offsets rise, not by one.
        for offset in (10..40).step_by(2) {
            ring.push(plain(offset));
        }
        assert_eq!(offsets(ring.since(0))[0], 20);
        assert!(ring.covers(19) && !ring.covers(18));
        assert_eq!(offsets(ring.since(33)), [34, 36, 38]);
        assert_eq!(offsets(ring.of_thread(thread(0), 0)), [24, 30, 36]);
        assert_eq!(offsets(ring.of_thread(thread(0), 25)), [30, 36]);
        assert_eq!(ring.of_user(&ann, 0).count(), 0);
        assert!(ring.by_user.is_empty());
        assert_eq!((ring.count_since(33), ring.count_since(39), ring.bytes()), (3, 0, ten_entries));
    }

    #[test]
    fn what_was_replaced_or_deleted_is_withheld() {
        let text = |offset, of, number, content, metadata| {
            let mut event = entry(offset, of, 0, Membership::Unchanged).event.clone();
            event.text_change = Some(TextChange { number, supersedes: TextParts { content, metadata } });
            Arc::new(Entry::new(event, Content::Frame(Bytes::from_static(b"with text"))))
        };
        let mut ring = Ring::new(0, 1 << 20);
        // Two postings, an edit and a deletion of the first; the same number in another thread.
        let entries = [
            text(0, 1, 1, false, false),
            text(1, 1, 2, false, false),
            text(2, 2, 1, false, false),
            text(3, 1, 1, true, false),
            text(4, 1, 1, true, true),
        ];
        entries[..4].iter().for_each(|entry| ring.push(Arc::clone(entry)));
        let late = entries[0].withheld();
        assert_eq!(late, TextParts { content: true, metadata: false });
        ring.push(Arc::clone(&entries[4]));
        let both = TextParts { content: true, metadata: true };
        let withheld: Vec<_> = entries.iter().map(|entry| (entry.withheld(), entry.frame().is_some())).collect();
        let none = (TextParts::default(), true);
        assert_eq!(withheld, [(both, false), none, none, (both, false), none]);
        // A frame that was encoded before the deletion came is not kept.
        entries[0].keep_frame(Bytes::from_static(b"with metadata"), late);
        assert_eq!(entries[0].frame(), None);
        entries[0].keep_frame(Bytes::from_static(b"without"), both);
        assert_eq!(entries[0].frame(), Some(Bytes::from_static(b"without")));
    }

    #[test]
    fn an_event_larger_than_the_ring_leaves_it_empty_but_in_place() {
        let mut ring = Ring::new(0, 1_000);
        ring.push(entry(0, 1, 10, Membership::Unchanged));
        ring.push(entry(1, 1, 10_000, Membership::Unchanged));
        assert_eq!(ring.since(0).count(), 0);
        assert!(ring.covers(2) && !ring.covers(1));
        assert!(ring.by_thread.is_empty());
        assert_eq!(ring.bytes(), 0);
    }
}
