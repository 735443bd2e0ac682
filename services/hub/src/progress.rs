//! How far the hub has published, readable without a lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use threadline_domain::{Offset, Partition, Position, Topic};
use threadline_wire::Offsets;

/// The hub's next offset in each partition of each event topic. Every frame of an event below it has been queued for
/// all sessions entitled to it. Readable without a lock; offsets only rise.
#[derive(Debug)]
pub struct HubProgress {
    topics: BTreeMap<Topic, Box<[AtomicU64]>>,
}

impl HubProgress {
    pub(crate) fn new(starts: &Offsets) -> Self {
        let atomics = |offsets: &Vec<Offset>| offsets.iter().map(|&offset| AtomicU64::new(offset)).collect();
        Self { topics: starts.iter().map(|(&topic, offsets)| (topic, atomics(offsets))).collect() }
    }

    /// Moves a partition forward, after the pushes of its last record.
    pub(crate) fn advance(&self, topic: Topic, partition: Partition, next: Offset) {
        if let Some(progress) = self.of(topic, partition) {
            progress.fetch_max(next, Ordering::AcqRel);
        }
    }

    /// Returns the next offset of a partition; 0 for one that the hub does not follow.
    pub fn next(&self, topic: Topic, partition: Partition) -> Offset {
        self.of(topic, partition).map_or(0, |next| next.load(Ordering::Acquire))
    }

    /// Returns the position of the last record that the hub has seen in a partition.
    pub fn last(&self, topic: Topic, partition: Partition) -> Position {
        Position { topic, partition, offset: self.next(topic, partition).saturating_sub(1) }
    }

    /// Returns whether the hub has reached each of these offsets. Topics that the hub does not follow do not count.
    pub fn has_reached(&self, offsets: &Offsets) -> bool {
        offsets.iter().filter(|(topic, _)| self.topics.contains_key(topic)).all(|(&topic, offsets)| {
            (0..).zip(offsets).all(|(partition, &offset)| self.next(topic, partition) >= offset)
        })
    }

    /// Returns the next offset of every partition.
    pub fn offsets(&self) -> Offsets {
        let load = |all: &[AtomicU64]| all.iter().map(|next| next.load(Ordering::Acquire)).collect();
        self.topics.iter().map(|(&topic, all)| (topic, load(all))).collect()
    }

    fn of(&self, topic: Topic, partition: Partition) -> Option<&AtomicU64> {
        self.topics.get(&topic)?.get(partition as usize)
    }
}
