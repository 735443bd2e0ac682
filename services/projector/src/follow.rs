//! The tails of all topics of a lane, from where the generation stands that is behind most.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::select_all;
use threadline_eventlog::{EventLog, Partition, Start, Tail, TailBatch, Topic};
use threadline_projections::{Feed, Progress};

/// A partition of a topic.
pub(crate) type TopicPartition = (Topic, Partition);

/// A generation and where it stands, by what this projector knows.
pub(crate) struct Fed {
    pub(crate) feed: Feed,
    pub(crate) progress: BTreeMap<TopicPartition, Progress>,
}

impl Fed {
    /// Where it stands in a partition; `None` when it is not made from the topic.
    pub(crate) fn at(&self, partition: TopicPartition) -> Option<Progress> {
        self.progress.get(&partition).copied()
    }
}

/// Partitions being followed.
pub(crate) struct Following {
    tails: Vec<(Topic, Tail)>,
    /// Up to where the tails have been read.
    pub(crate) read: BTreeMap<TopicPartition, Progress>,
    /// Partitions at a record with an unknown schema: nothing further of them is applied.
    pub(crate) stopped: BTreeSet<TopicPartition>,
}

impl Following {
    /// Starts where the generation stands that is behind most.
    pub(crate) fn open(log: &dyn EventLog, fed: &[Fed]) -> Self {
        let mut read: BTreeMap<TopicPartition, Progress> = BTreeMap::new();
        for (&partition, &at) in fed.iter().flat_map(|fed| &fed.progress) {
            let least = read.entry(partition).or_insert(at);
            if at.next < least.next {
                *least = at;
            }
        }
        let topics: BTreeSet<Topic> = read.keys().map(|(topic, _)| *topic).collect();
        let tail = |topic| {
            let ours = read.iter().filter(|((of, _), _)| *of == topic);
            (topic, log.tail(topic, ours.map(|((_, partition), at)| (*partition, Start::At(at.next))).collect()))
        };
        Self { tails: topics.into_iter().map(tail).collect(), read, stopped: BTreeSet::new() }
    }

    /// The next records of any topic; `None` when the log was shut down. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<(Topic, TailBatch)> {
        let tails = self.tails.iter_mut().map(|(topic, tail)| Box::pin(async { (*topic, tail.next().await) }));
        let tails: Vec<_> = tails.collect();
        if tails.is_empty() {
            return std::future::pending().await;
        }
        let ((topic, batch), index, _) = select_all(tails).await;
        self.take_turns(index);
        Some((topic, batch?))
    }

    /// Records that are there already.
    pub(crate) fn try_next(&mut self) -> Option<(Topic, TailBatch)> {
        let next = |(index, (topic, tail)): (usize, &mut (Topic, Tail))| Some((index, *topic, tail.try_next()?));
        let (index, topic, batch) = self.tails.iter_mut().enumerate().find_map(next)?;
        self.take_turns(index);
        Some((topic, batch))
    }

    /// Whoever had something goes to the end.
    fn take_turns(&mut self, index: usize) {
        self.tails.rotate_left(index + 1);
    }
}
