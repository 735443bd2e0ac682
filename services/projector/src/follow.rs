//! The tails of all topics, for the partitions owned, from where the views are.

use std::collections::{BTreeMap, BTreeSet};

use threadline_eventlog::{EventLog, Partition, Start, Tail, TailBatch, Topic};
use threadline_projections::{Progress, Views};

use crate::TOPICS;
use crate::apply::Failed;

/// Partitions being followed.
pub(crate) struct Following {
    /// `None` where no partition of the topic is owned.
    tails: [Option<Tail>; TOPICS.len()],
    /// How far the views are, by what this projector knows.
    pub(crate) progress: BTreeMap<(Topic, Partition), Progress>,
    /// Partitions that are not applied further because their next record has an unknown schema. Found again from the log each
    /// time the projector opens its tails.
    pub(crate) stopped: BTreeSet<(Topic, Partition)>,
}

impl Following {
    /// Starts where the views are. They must have been made from this log.
    pub(crate) async fn open(log: &dyn EventLog, views: &Views, owned: &BTreeSet<Partition>) -> Result<Self, Failed> {
        views.follow(&log.id()).await?;
        let mut progress = BTreeMap::new();
        // All at once: a topic that is away takes its time to say so.
        let ends = futures_util::future::join_all(TOPICS.map(|topic| log.ends(topic))).await;
        for (topic, ends) in TOPICS.into_iter().zip(ends) {
            let known = views.progress(topic).await?;
            for &partition in owned.range(..log.partitions(topic)) {
                let at = known.get(&partition).copied().unwrap_or_default();
                if let Some(&end) = ends.known().get(&partition)
                    && at.next > end
                {
                    return Err(Failed::Ahead { topic, partition, next: at.next, end });
                }
                progress.insert((topic, partition), at);
            }
        }
        let tail = |topic| {
            let ours = progress.iter().filter(|((of, _), _)| *of == topic);
            let starts: BTreeMap<_, _> = ours.map(|((_, partition), at)| (*partition, Start::At(at.next))).collect();
            (!starts.is_empty()).then(|| log.tail(topic, starts))
        };
        Ok(Self { tails: TOPICS.map(tail), progress, stopped: BTreeSet::new() })
    }

    /// Stops following partitions that were given up.
    pub(crate) fn leave(&mut self, partitions: &[Partition]) {
        self.progress.retain(|(_, partition), _| !partitions.contains(partition));
        self.stopped.retain(|(_, partition)| !partitions.contains(partition));
    }

    /// The next records of any topic; `None` when the log was shut down. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<(Topic, TailBatch)> {
        let [one, two, three] = &mut self.tails;
        let (topic, batch) = tokio::select! {
            batch = next(one) => (TOPICS[0], batch),
            batch = next(two) => (TOPICS[1], batch),
            batch = next(three) => (TOPICS[2], batch),
        };
        Some((topic, batch?))
    }

    /// Records that are there already.
    pub(crate) fn try_next(&mut self) -> Option<(Topic, TailBatch)> {
        TOPICS.into_iter().zip(&mut self.tails).find_map(|(topic, tail)| Some((topic, tail.as_mut()?.try_next()?)))
    }
}

async fn next(tail: &mut Option<Tail>) -> Option<TailBatch> {
    match tail {
        Some(tail) => tail.next().await,
        None => std::future::pending().await,
    }
}
