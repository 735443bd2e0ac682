//! The tails of all topics of a lane, from the progress of the generation that lags most.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::select_all;
use threadline_eventlog::{EventLog, Partition, Start, Tail, TailBatch, Topic};
use threadline_projections::{Feed, Progress};

/// A topic and one of its partitions.
pub(crate) type TopicPartition = (Topic, Partition);

/// A generation and its progress, as this projector knows it.
pub(crate) struct Fed {
    pub(crate) feed: Feed,
    pub(crate) progress: BTreeMap<TopicPartition, Progress>,
}

impl Fed {
    /// Returns its progress in a partition; `None` when it is not made from the topic.
    pub(crate) fn at(&self, partition: TopicPartition) -> Option<Progress> {
        self.progress.get(&partition).copied()
    }
}

/// The partitions that a lane follows.
pub(crate) struct Following {
    tails: Vec<(Topic, Tail)>,
    /// How far the tails have been read.
    pub(crate) read: BTreeMap<TopicPartition, Progress>,
    /// Partitions that stopped at a record of an unknown schema: nothing further of them is applied.
    pub(crate) stopped: BTreeSet<TopicPartition>,
}

impl Following {
    /// Starts at the progress of the generation that lags most.
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

    /// Waits for the next records of any topic; `None` when the log was shut down. Cancel-safe.
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

    /// Takes records that are there already.
    pub(crate) fn try_next(&mut self) -> Option<(Topic, TailBatch)> {
        let next = |(index, (topic, tail)): (usize, &mut (Topic, Tail))| Some((index, *topic, tail.try_next()?));
        let (index, topic, batch) = self.tails.iter_mut().enumerate().find_map(next)?;
        self.take_turns(index);
        Some((topic, batch))
    }

    /// Moves a tail that had records to the end, so that the tails take turns.
    fn take_turns(&mut self, index: usize) {
        self.tails.rotate_left(index + 1);
    }
}
