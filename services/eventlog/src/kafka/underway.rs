//! Knows how long the records of each partition have been unconfirmed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Partition, Topic};

/// How finely the age of records is known.
pub(super) const TICK_MS: u64 = 100;

type TopicPartition = (Topic, Partition);

/// A producer's unconfirmed records, counted by partition and age.
pub(super) struct Underway {
    start: Instant,
    /// An empty entry stays: there are no more entries than partitions.
    by_partition: Mutex<BTreeMap<TopicPartition, Ages>>,
    records: AtomicUsize,
}

/// Records by the tick they were queued in.
#[derive(Default)]
struct Ages {
    by_tick: VecDeque<(u64, usize)>,
    records: usize,
}

impl Underway {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), by_partition: Mutex::default(), records: AtomicUsize::new(0) }
    }

    /// Counts a record in, unless its partition has `records_max` already. Returns what [`leave`](Self::leave) wants to
    /// know.
    pub(super) fn enter(&self, topic: Topic, partition: Partition, records_max: usize) -> Option<u64> {
        let tick = self.start.elapsed().as_millis() as u64 / TICK_MS;
        let mut by_partition = self.lock();
        let ages = by_partition.entry((topic, partition)).or_default();
        if ages.records >= records_max {
            return None;
        }
        ages.records += 1;
        self.records.fetch_add(1, Ordering::Relaxed);
        match ages.by_tick.back_mut() {
            // Concurrent callers may come with the previous tick.
            Some((newest, count)) if *newest >= tick => *count += 1,
            _ => ages.by_tick.push_back((tick, 1)),
        }
        ages.by_tick.back().map(|(tick, _)| *tick)
    }

    /// Counts a record out.
    pub(super) fn leave(&self, topic: Topic, partition: Partition, tick: u64) {
        let mut by_partition = self.lock();
        let Some(ages) = by_partition.get_mut(&(topic, partition)) else { return };
        if let Ok(index) = ages.by_tick.binary_search_by_key(&tick, |(tick, _)| *tick) {
            ages.records -= 1;
            self.records.fetch_sub(1, Ordering::Relaxed);
            ages.by_tick[index].1 -= 1;
            if ages.by_tick[index].1 == 0 {
                ages.by_tick.remove(index);
            }
        }
    }

    /// How many records of a partition are on their way.
    pub(super) fn records_of(&self, topic: Topic, partition: Partition) -> usize {
        self.lock().get(&(topic, partition)).map_or(0, |ages| ages.records)
    }

    /// How many records are on their way in all partitions.
    pub(super) fn records(&self) -> usize {
        self.records.load(Ordering::Relaxed)
    }

    /// The partitions whose oldest record has been on its way for longer than this.
    pub(super) fn older_than(&self, age: Duration) -> BTreeSet<TopicPartition> {
        let now = self.start.elapsed();
        let is_older = |ages: &Ages| {
            let queued = ages.by_tick.front().map(|(tick, _)| Duration::from_millis((tick + 1) * TICK_MS));
            queued.is_some_and(|queued| now.saturating_sub(queued) > age)
        };
        self.lock().iter().filter(|(_, ages)| is_older(ages)).map(|(partition, _)| *partition).collect()
    }

    /// Whether only these partitions have unconfirmed records.
    pub(super) fn is_empty_but_for(&self, partitions: &BTreeSet<TopicPartition>) -> bool {
        self.lock().iter().all(|(partition, ages)| ages.records == 0 || partitions.contains(partition))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TopicPartition, Ages>> {
        self.by_partition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_counted_apart() {
        let underway = Underway::new();
        let first = underway.enter(Topic::Messages, 0, 2).expect("there is room");
        underway.enter(Topic::Messages, 0, 2).expect("there is room");
        assert_eq!(underway.enter(Topic::Messages, 0, 2), None, "a partition has a bound of its own");
        let other = underway.enter(Topic::Messages, 1, 2).expect("another one has room");
        let zero = BTreeSet::from([(Topic::Messages, 0)]);
        assert!(!underway.is_empty_but_for(&zero));
        assert_eq!((underway.records(), underway.records_of(Topic::Messages, 0)), (3, 2));
        underway.leave(Topic::Messages, 1, other);
        assert!(underway.is_empty_but_for(&zero));
        assert_eq!(underway.records(), 2);
        assert!(!underway.is_empty_but_for(&BTreeSet::new()));
        underway.leave(Topic::Messages, 0, first);
        assert!(underway.enter(Topic::Messages, 0, 2).is_some());
        assert_eq!(underway.older_than(Duration::from_mins(1)), BTreeSet::new());
    }
}
