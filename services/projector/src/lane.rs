//! Generations at about the same progress, moved together: collect, apply, repeat.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::codec::DecodeError;
use threadline_eventlog::{EventLog, Position, Record, Stopped, StoppedPartitions, TailBatch, Topic};
use threadline_projections::{Entry, ProjectError, Share, project};
use tokio::time::{Instant, MissedTickBehavior};

use crate::Config;
use crate::dead;
use crate::decode::{decode, lost};
use crate::error::Failed;
use crate::follow::{Fed, Following, TopicPartition};
use crate::lag::{self, Ends};
use crate::metrics;
use crate::pending::Pending;

/// Moves some generations together.
pub(crate) struct Lane {
    config: Config,
    log: Arc<dyn EventLog>,
    fed: Vec<Fed>,
    following: Following,
    stopped: StoppedPartitions,
    /// When the next transaction may start.
    apply_at: Instant,
}

/// Why a lane ended by itself.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It had to catch up, and has.
    CaughtUp,
    /// The log was shut down.
    LogClosed,
    /// It had to catch up, and reached a record of an unknown schema.
    Unreadable(Stopped),
    /// Nobody knows whether the last transaction committed: the generations must be asked for their progress.
    Failed(Failed),
}

/// Called after each transaction with the number of records it applied.
pub(crate) type OnApplied<'a> = &'a mut (dyn FnMut(&[Fed], u64) + Send);

/// A record that cannot be read.
struct Dead {
    topic_partition: TopicPartition,
    record: Record,
    reason: String,
}

impl Lane {
    pub(crate) fn new(config: Config, log: Arc<dyn EventLog>, fed: Vec<Fed>, stopped: StoppedPartitions) -> Self {
        let following = Following::open(log.as_ref(), &fed);
        Self { config, log, fed, following, stopped, apply_at: Instant::now() }
    }

    /// Runs until something fails or, if it only `catches_up`, until it has applied what the log held a moment ago.
    /// Dropping the future rolls the transaction under way back.
    pub(crate) async fn run(mut self, catches_up: bool, on_applied: OnApplied<'_>) -> Ended {
        // Asking for the log's ends may take long while a topic is away; projecting must not wait for that.
        let (ends, mut measured) = tokio::sync::watch::channel(Ends::new());
        let measuring = measure(self.config.clone(), Arc::clone(&self.log), self.topics(), ends);
        let projecting = async {
            let mut ends = Ends::new();
            loop {
                let done = tokio::select! {
                    Ok(()) = measured.changed() => {
                        ends.clone_from(&measured.borrow_and_update());
                        self.fed.iter().for_each(|fed| lag::show(fed, &ends));
                        if catches_up && let Some(stopped) = self.stopped.all().first() {
                            return Ended::Unreadable(*stopped);
                        }
                        self.in_time(self.check()).await.map(|()| 0)
                    }
                    next = self.following.next() => match next {
                        Some((topic, batch)) => self.batch(topic, batch).await,
                        None => return Ended::LogClosed,
                    },
                };
                match done {
                    Ok(0) => {}
                    Ok(records) => on_applied(&self.fed, records),
                    Err(failed) => return Ended::Failed(failed),
                }
                if catches_up && !ends.is_empty() && self.has_reached(&ends) {
                    return Ended::CaughtUp;
                }
            }
        };
        tokio::select! {
            ended = projecting => ended,
            never = measuring => match never {},
        }
    }

    fn has_reached(&self, ends: &Ends) -> bool {
        self.fed.iter().all(|fed| lag::behind(&fed.progress, ends) == 0)
    }

    fn topics(&self) -> Vec<Topic> {
        let mut topics: Vec<_> = self.following.read.keys().map(|(topic, _)| *topic).collect();
        topics.dedup();
        topics
    }

    /// Applies these records and all others that arrive until the next transaction may start; returns how many.
    async fn batch(&mut self, topic: Topic, first: TailBatch) -> Result<u64, Failed> {
        let mut pending = BTreeMap::new();
        let mut dead = vec![];
        let (mut records, mut bytes, mut full) = (0, 0, false);
        let mut next = Some((topic, first));
        while let Some((topic, batch)) = next {
            records += batch.records.len();
            bytes += batch.records.iter().map(|record| record.value.as_deref().map_or(0, <[u8]>::len)).sum::<usize>();
            self.collect(&mut pending, &mut dead, topic, &batch);
            full = records >= self.config.batch_records_max || bytes >= self.config.batch_bytes_max;
            if full {
                break;
            }
            next = self.next().await;
        }
        if self.config.records_per_second_max.is_some() {
            tokio::time::sleep_until(self.apply_at).await;
        }
        let started = Instant::now();
        self.apply_at = started + self.config.transaction_interval;
        if pending.is_empty() {
            return Ok(0);
        }
        let applying = async {
            for Dead { topic_partition, record, reason } in dead {
                let letter = dead::bury(self.log.as_ref(), topic_partition.0, &record, &reason).await?;
                if let Some(pending) = pending.get_mut(&topic_partition) {
                    pending.push_letter(letter);
                }
            }
            self.apply(pending).await
        };
        let applied = self.in_time(applying).await?;
        let rest = (started.elapsed() * 2).min(self.config.rest_max);
        // The batch is full, so more records wait. Skip the pause: it exists to let small batches grow.
        self.apply_at = if full { started } else { self.apply_at.max(Instant::now() + rest) };
        if let Some(most) = self.config.records_per_second_max {
            self.apply_at = started + Duration::from_secs_f64(records as f64 / f64::from(most));
        }
        let mut seen = 0;
        for pending in &applied {
            seen += pending.seen;
            let (topic, _) = pending.topic_partition;
            metrics::records(topic.name()).increment(pending.seen);
            for fed in &mut self.fed {
                if let Some(at) = fed.progress.get_mut(&pending.topic_partition)
                    && at.next < pending.to.next
                {
                    *at = pending.to;
                }
            }
        }
        metrics::batches().increment(1);
        metrics::batch_seconds().record(started.elapsed().as_secs_f64());
        Ok(seen)
    }

    /// Returns the next records: those in the tails, or those that arrive before the next transaction may start. `None`
    /// when it may.
    async fn next(&mut self) -> Option<(Topic, TailBatch)> {
        match self.following.try_next() {
            None => tokio::time::timeout_at(self.apply_at, self.following.next()).await.ok().flatten(),
            next => next,
        }
    }

    /// Reads records into their partition's pending records.
    fn collect(
        &mut self,
        pending: &mut BTreeMap<TopicPartition, Pending>,
        dead: &mut Vec<Dead>,
        topic: Topic,
        batch: &TailBatch,
    ) {
        let topic_partition = (topic, batch.partition);
        if self.following.stopped.contains(&topic_partition) {
            return;
        }
        let Some(read) = self.following.read.get_mut(&topic_partition) else { return };
        let pending = pending.entry(topic_partition).or_insert_with(|| Pending::new(topic_partition, *read));
        for record in batch.records.iter() {
            if record.offset < read.next {
                continue;
            }
            pending.seen += 1;
            match decode(self.log.as_ref(), topic, record, read) {
                Ok(Some(entry)) => pending.push(entry, record),
                Ok(None) => metrics::duplicates().increment(1),
                Err(DecodeError::UnknownSchema { id: schema_id }) => {
                    let position = Position { topic, partition: batch.partition, offset: record.offset };
                    self.stopped.stop(Stopped { position, schema_id });
                    self.following.stopped.insert(topic_partition);
                    break;
                }
                Err(DecodeError::Corrupt(reason)) => {
                    if let Some(lost) = lost(topic, record) {
                        pending.push(Entry::Lost(lost), record);
                    }
                    dead.push(Dead { topic_partition, record: record.clone(), reason });
                }
            }
        }
        pending.to = *read;
    }

    /// Applies the pending records in one transaction, without those that cannot be applied.
    async fn apply(&self, pending: BTreeMap<TopicPartition, Pending>) -> Result<Vec<Pending>, Failed> {
        let mut pending: Vec<Pending> = pending.into_values().collect();
        loop {
            // For each share's batches, their indexes in `pending`.
            let mut sources = vec![];
            let mut shares = vec![];
            for (generation, fed) in self.fed.iter().enumerate() {
                let batches = pending.iter().enumerate();
                let batches = batches.filter_map(|(index, pending)| Some((index, pending.batch(generation, fed)?)));
                let (from, batches): (Vec<usize>, Vec<_>) = batches.unzip();
                if !batches.is_empty() {
                    sources.push((generation, from));
                    shares.push(Share { feed: &fed.feed, batches });
                }
            }
            let (share, batch, index, reason) = match project(&shares).await {
                Ok(()) => return Ok(pending),
                Err(ProjectError::Poison { share, batch, index, reason }) => (share, batch, index, reason),
                Err(error) => return Err(error.into()),
            };
            let (generation, from) = &sources[share];
            let poisoned = &mut pending[from[batch]];
            let Some(record) = poisoned.record(*generation, &self.fed[*generation], index) else {
                return Err(ProjectError::Poison { share, batch, index, reason }.into());
            };
            let letter = dead::bury(self.log.as_ref(), poisoned.topic_partition.0, &record, &reason).await?;
            poisoned.refuse(*generation, letter);
        }
    }

    /// Checks that all generations have the progress we last wrote.
    async fn check(&self) -> Result<(), Failed> {
        for fed in &self.fed {
            lag::check(&fed.feed, &fed.progress).await?;
        }
        Ok(())
    }

    async fn in_time<T>(&self, attempt: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        tokio::time::timeout(self.config.attempt_timeout, attempt).await.unwrap_or(Err(Failed::Timeout))
    }
}

/// Asks for the log's ends at an interval.
async fn measure(
    config: Config,
    log: Arc<dyn EventLog>,
    topics: Vec<Topic>,
    ends: tokio::sync::watch::Sender<Ends>,
) -> std::convert::Infallible {
    let mut interval = tokio::time::interval(config.lag_interval);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        ends.send_replace(lag::ends(log.as_ref(), topics.iter().copied(), config.ends_timeout).await);
    }
}
