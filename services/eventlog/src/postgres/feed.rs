//! The newest records of each partition, in memory, shared by all tails of the process.
//!
//! This process's own appends fill a ring right after their commit; the reader fills in the records of other processes.
//! A tail reads older records from the tables.
//!
//! ```text
//! own commit ─▶ appended() ──┐
//!                            ├─▶ ring: [first … next) ─▶ find() ─▶ tails
//! others' records ─▶ fill() ─┘        end: the log reaches at least to here; next..end is a gap to read
//! ```

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use threadline_domain::TopicMap;
use tokio::sync::watch;

use super::options::Options;
use crate::{Offset, Partition, Record};

/// A feed for each topic.
pub(super) type Feeds = TopicMap<Arc<Feed>>;

/// The rings of one topic.
#[derive(Debug)]
pub(super) struct Feed {
    rings: Mutex<Vec<Ring>>,
    changed: watch::Sender<()>,
    tails: AtomicUsize,
}

/// Records from `first` up to `next`, with no gaps but those of the log.
#[derive(Debug, Default)]
struct Ring {
    first: Offset,
    next: Offset,
    /// The log reaches at least to here.
    end: Offset,
    chunks: VecDeque<Chunk>,
    records: usize,
    bytes: usize,
    records_max: usize,
    /// One chunk may exceed it alone.
    bytes_max: usize,
}

#[derive(Debug)]
struct Chunk {
    next: Offset,
    bytes: usize,
    records: Arc<[Record]>,
}

/// The result of looking into a ring.
#[derive(Debug)]
pub(super) enum Found {
    /// Records from the requested offset on, and the offset to continue at.
    Records(Arc<[Record]>, Offset),
    /// The ring starts at this offset; older records are in the tables.
    Older(Offset),
    /// There is no such record yet.
    Nothing,
}

/// A range of offsets that the reader should read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) partition: Partition,
    pub(super) from: Offset,
    pub(super) to: Offset,
}

impl Feed {
    /// Makes the feed of a topic whose partitions end at these offsets.
    pub(super) fn new(ends: impl IntoIterator<Item = Offset>, options: &Options) -> Self {
        let (records_max, bytes_max) = (options.ring_records_max, options.ring_bytes_max);
        let ring = |end| Ring { first: end, next: end, end, records_max, bytes_max, ..Ring::default() };
        Self {
            rings: Mutex::new(ends.into_iter().map(ring).collect()),
            changed: watch::Sender::new(()),
            tails: AtomicUsize::new(0),
        }
    }

    /// Joins as a tail: the feed holds records while it has a member.
    pub(super) fn join(self: &Arc<Self>) -> FeedReader {
        self.tails.fetch_add(1, Ordering::SeqCst);
        FeedReader { feed: Arc::clone(self), changed: self.changed.subscribe() }
    }

    fn is_followed(&self) -> bool {
        self.tails.load(Ordering::SeqCst) > 0
    }

    /// Returns the offset after the newest record that this process knows of.
    pub(super) fn end(&self, partition: Partition) -> Offset {
        self.lock().get(partition as usize).map_or(0, |ring| ring.next.max(ring.end))
    }

    /// Returns the first offset in memory and the offset after the last.
    pub(super) fn bounds(&self, partition: Partition) -> (Offset, Offset) {
        self.lock().get(partition as usize).map_or((0, 0), |ring| (ring.first, ring.next))
    }

    /// Adds a record that is in no table; `record` gets its offset.
    pub(super) fn deliver(&self, partition: Partition, record: impl FnOnce(Offset) -> Record) -> Offset {
        let offset = {
            let mut rings = self.lock();
            let Some(ring) = rings.get_mut(partition as usize) else { return 0 };
            let offset = ring.next;
            ring.end = offset + 1;
            if self.is_followed() {
                ring.push(vec![record(offset)], offset + 1);
            } else {
                ring.skip_to_end();
            }
            offset
        };
        self.changed.send_replace(());
        offset
    }

    /// Adds records that this process has just committed, to be [announced](Self::announce). Returns `true` when
    /// records of other processes come before them and the reader must fetch those.
    pub(super) fn appended(&self, partition: Partition, records: Vec<Record>) -> bool {
        let (Some(base), Some(end)) = (records.first().map(|r| r.offset), records.last().map(|r| r.offset + 1)) else {
            return false;
        };
        {
            let mut rings = self.lock();
            let Some(ring) = rings.get_mut(partition as usize) else { return false };
            ring.end = ring.end.max(end);
            if !self.is_followed() {
                ring.skip_to_end();
                return false;
            }
            if ring.next != base {
                return ring.next < ring.end;
            }
            ring.push(records, end);
        }
        false
    }

    /// Wakes the tails, once for all partitions that have new records.
    pub(super) fn announce(&self) {
        self.changed.send_replace(());
    }

    /// Records that a partition reaches at least to `end`. Returns `true` when the reader must fetch records.
    pub(super) fn learn(&self, partition: Partition, end: Offset) -> bool {
        let mut rings = self.lock();
        let Some(ring) = rings.get_mut(partition as usize) else { return false };
        ring.end = ring.end.max(end);
        if !self.is_followed() {
            ring.skip_to_end();
        }
        ring.next < ring.end
    }

    /// Forgets all records, because the log may have lost some of them. Tails continue from their offsets.
    pub(super) fn forget(&self) {
        for ring in self.lock().iter_mut() {
            ring.forget();
        }
    }

    /// Returns the ranges that the reader must fetch.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let rings = self.lock();
        let gap = |(partition, ring): (usize, &Ring)| {
            (ring.next < ring.end).then_some(Gap { partition: partition as Partition, from: ring.next, to: ring.end })
        };
        rings.iter().enumerate().filter_map(gap).collect()
    }

    /// Fills a gap with what the tables have of it, up to a page's bound.
    pub(super) fn fill(&self, gap: Gap, records: Vec<Record>) {
        {
            let mut rings = self.lock();
            let Some(ring) = rings.get_mut(gap.partition as usize) else { return };
            if ring.next != gap.from {
                return;
            }
            // An empty page: compaction or retention removed all of it.
            let next = records.last().map_or(gap.to, |record| record.offset + 1);
            ring.push(records, next);
        }
        self.changed.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ring>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, records: Vec<Record>, next: Offset) {
        self.next = next;
        if !records.is_empty() {
            let bytes = records.iter().map(Record::size_bytes).sum();
            self.records += records.len();
            self.bytes += bytes;
            self.chunks.push_back(Chunk { next, bytes, records: records.into() });
        }
        while self.chunks.len() > 1 && (self.records > self.records_max || self.bytes > self.bytes_max) {
            let Some(oldest) = self.chunks.pop_front() else { break };
            self.first = oldest.next;
            self.records -= oldest.records.len();
            self.bytes -= oldest.bytes;
        }
    }

    /// Skips to the end, without the records, because nobody follows.
    fn skip_to_end(&mut self) {
        self.next = self.next.max(self.end);
        self.forget();
    }

    /// Forgets the records and keeps the offset.
    fn forget(&mut self) {
        self.first = self.next;
        self.chunks.clear();
        self.records = 0;
        self.bytes = 0;
    }

    fn find(&self, at: Offset) -> Found {
        if at >= self.next {
            return Found::Nothing;
        }
        if at < self.first {
            return Found::Older(self.first);
        }
        let index = self.chunks.partition_point(|chunk| chunk.next <= at);
        let Some(chunk) = self.chunks.get(index) else { return Found::Records(Arc::new([]), self.next) };
        let skipped = chunk.records.partition_point(|record| record.offset < at);
        let records = if skipped == 0 { Arc::clone(&chunk.records) } else { chunk.records[skipped..].into() };
        Found::Records(records, chunk.next)
    }
}

/// A tail's membership in a feed.
#[derive(Debug)]
pub(super) struct FeedReader {
    feed: Arc<Feed>,
    changed: watch::Receiver<()>,
}

impl FeedReader {
    /// Returns what the ring has from `at` on.
    pub(super) fn find(&self, partition: Partition, at: Offset) -> Found {
        self.feed.lock().get(partition as usize).map_or(Found::Nothing, |ring| ring.find(at))
    }

    /// Marks everything added so far as seen; [`changed`](Self::changed) waits for more.
    pub(super) fn mark_seen(&mut self) {
        self.changed.mark_unchanged();
    }

    /// Waits until a record was added since [`mark_seen`](Self::mark_seen).
    pub(super) async fn changed(&mut self) {
        // The sender lives in `self.feed`, so it cannot be gone.
        let _ = self.changed.changed().await;
    }
}

impl Drop for FeedReader {
    fn drop(&mut self) {
        self.feed.tails.fetch_sub(1, Ordering::SeqCst);
    }
}
