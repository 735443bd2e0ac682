//! The loop of a projector: collect, apply, move on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use threadline_eventlog::codec::DecodeError;
use threadline_eventlog::{
    EventLog, Offset, Ownership, OwnershipChange, Partition, Position, Stopped, StoppedPartitions, TailBatch, Topic,
};
use threadline_projections::{Batch, Views};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::decode::{Value, decode, lost};
use crate::follow::Following;
use crate::lag::LagMeter;
use crate::pending::Pending;
use crate::{Config, TOPICS, dead};

/// Why the views could not be moved on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Views(#[from] threadline_projections::Error),
    #[error(transparent)]
    Log(#[from] threadline_eventlog::Error),
    #[error("no answer in time")]
    Timeout,
    #[error(
        "the views are at {next} of {topic}:{partition}, but the log ends at {end}: it is not the log they were made of"
    )]
    Ahead { topic: Topic, partition: Partition, next: Offset, end: Offset },
}

impl Failed {
    /// Whether the views are of no use with this log.
    fn is_final(&self) -> bool {
        matches!(self, Self::Ahead { .. } | Self::Views(threadline_projections::Error::OtherLog { .. }))
    }

    /// Whether another projector was faster, which is nobody's fault.
    fn is_fenced(&self) -> bool {
        matches!(self, Self::Views(threadline_projections::Error::Fenced))
    }
}

pub(crate) struct Projector {
    config: Config,
    log: Arc<dyn EventLog>,
    views: Views,
    ownership: Ownership,
    lag: LagMeter,
    /// What `/readyz` says.
    stopped: StoppedPartitions,
    owned: BTreeSet<Partition>,
    /// `None` when the place in the log must be found again.
    following: Option<Following>,
    /// When to look for it.
    open_at: Instant,
    /// When the next transaction may start.
    apply_at: Instant,
    failures: u32,
}

impl Projector {
    pub(crate) fn new(
        config: Config,
        log: Arc<dyn EventLog>,
        views: Views,
        ownership: Ownership,
        stopped: StoppedPartitions,
    ) -> Self {
        let now = Instant::now();
        Self {
            config,
            lag: LagMeter::new(Arc::clone(&log)),
            log,
            views,
            ownership,
            stopped,
            owned: BTreeSet::new(),
            following: None,
            open_at: now,
            apply_at: now,
            failures: 0,
        }
    }

    /// Until `shutdown`, or a failure that no retry helps. A transaction under way is dropped, which rolls it back.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.project() => {}
        }
    }

    async fn project(&mut self) {
        let mut lag = tokio::time::interval(self.config.lag_interval);
        lag.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                biased;
                change = self.ownership.changed() => match change {
                    Some(change) => { self.change(change); Ok(()) }
                    None => return,
                },
                _ = lag.tick(), if self.following.is_some() => in_time(&self.config, self.check_progress()).await.map(|()| self.measure()),
                () = tokio::time::sleep_until(self.open_at), if self.following.is_none() && !self.owned.is_empty() => {
                    in_time(&self.config, Following::open(self.log.as_ref(), &self.views, &self.owned))
                        .await
                        .map(|following| self.following = Some(following))
                }
                next = next(&mut self.following, self.apply_at) => match next {
                    Some((topic, batch)) => self.batch(topic, batch).await,
                    None => return,
                },
            };
            match done {
                Ok(()) => {}
                Err(failed) if failed.is_final() => {
                    tracing::error!(error = %failed, schema = self.views.schema(), "the views must be rebuilt");
                    return;
                }
                Err(failed) => self.retry(&failed),
            }
        }
    }

    fn change(&mut self, change: OwnershipChange) {
        match change {
            OwnershipChange::Assigned(partitions) => {
                self.owned.extend(partitions.keys());
                self.following = None;
                self.open_at = Instant::now();
            }
            OwnershipChange::Revoked { partitions, done } => {
                self.leave(&partitions);
                // No transaction is under way here.
                let _ = done.send(());
            }
            OwnershipChange::Lost(partitions) => self.leave(&partitions),
        }
        metrics::gauge!("threadline_projector_owned_partitions").set(self.owned.len() as f64);
    }

    fn leave(&mut self, partitions: &[Partition]) {
        self.owned.retain(|partition| !partitions.contains(partition));
        for (topic, &partition) in TOPICS.iter().flat_map(|topic| partitions.iter().map(move |one| (topic, one))) {
            self.stopped.clear(*topic, partition);
        }
        if let Some(following) = &mut self.following {
            following.leave(partitions);
        }
    }

    /// Whether the last transaction took place is not known: only the views can tell where they are.
    fn retry(&mut self, failed: &Failed) {
        self.following = None;
        if failed.is_fenced() {
            metrics::counter!("threadline_projector_fenced_total").increment(1);
            tracing::info!("another projector has moved a partition; looking where it is");
        } else {
            tracing::warn!(error = %failed, "the views stand still; trying again");
        }
        let pause = self.config.retry_pause_first * 2_u32.saturating_pow(self.failures);
        self.open_at = Instant::now() + pause.min(self.config.retry_pause_max);
        self.failures = self.failures.saturating_add(1).min(16);
    }

    /// Applies these records and all others that are there already.
    async fn batch(&mut self, topic: Topic, first: TailBatch) -> Result<(), Failed> {
        let Some(following) = &mut self.following else { return Ok(()) };
        let started = Instant::now();
        self.apply_at = started + self.config.transaction_interval;
        let mut pending = BTreeMap::new();
        let mut dead = vec![];
        let (mut records, mut bytes) = (0, 0);
        let mut next = Some((topic, first));
        while let Some((topic, batch)) = next {
            records += batch.records.len();
            bytes += batch.records.iter().map(|record| record.value.as_deref().map_or(0, <[u8]>::len)).sum::<usize>();
            collect(following, &self.stopped, &mut pending, &mut dead, topic, &batch);
            let full = records >= self.config.batch_records_max || bytes >= self.config.batch_bytes_max;
            if full {
                // There is more: what keeps batches large while little comes would only hold up what is behind.
                self.apply_at = started;
                break;
            }
            next = following.try_next();
        }
        if pending.is_empty() {
            return Ok(());
        }
        let mut pending: Vec<Pending> = pending.into_values().collect();
        in_time(&self.config, async {
            for (topic, record, reason) in &dead {
                dead::bury(self.log.as_ref(), &self.views, *topic, record, reason).await?;
            }
            self.apply(&mut pending).await
        })
        .await?;
        if let Some(following) = &mut self.following {
            for Pending { topic, partition, to, seen, .. } in &pending {
                following.progress.insert((*topic, *partition), *to);
                metrics::counter!("threadline_projector_records_total", "topic" => topic.name()).increment(*seen);
            }
        }
        metrics::counter!("threadline_projector_batches_total").increment(1);
        metrics::histogram!("threadline_projector_batch_seconds").record(started.elapsed().as_secs_f64());
        self.failures = 0;
        Ok(())
    }

    /// Applies what is pending in one transaction, poison taken out.
    async fn apply(&self, pending: &mut [Pending]) -> Result<(), Failed> {
        loop {
            let batches: Vec<Batch<'_>> = pending.iter().map(Pending::batch).collect();
            match self.views.project(&batches).await {
                Err(threadline_projections::Error::Poison { batch, index, reason }) => {
                    let poisoned = &mut pending[batch];
                    let record = poisoned.remove(index);
                    dead::bury(self.log.as_ref(), &self.views, poisoned.topic, &record, &reason).await?;
                }
                applied => return Ok(applied?),
            }
        }
    }

    /// Checks that the views are where they were left: nobody has thrown them away, which would go unnoticed until the next
    /// record.
    async fn check_progress(&self) -> Result<(), Failed> {
        let Some(following) = &self.following else { return Ok(()) };
        for topic in TOPICS {
            let known = self.views.progress(topic).await?;
            let mut ours = following.progress.iter().filter(|((of, _), _)| *of == topic);
            if ours.any(|((_, partition), at)| known.get(partition).copied().unwrap_or_default() != *at) {
                return Err(threadline_projections::Error::Fenced.into());
            }
        }
        Ok(())
    }

    fn measure(&mut self) {
        if let Some(following) = &self.following {
            self.lag.measure(&following.progress);
        }
    }
}

/// The next records, not before the next transaction may start; never while nothing is followed. Cancel-safe.
async fn next(following: &mut Option<Following>, from: Instant) -> Option<(Topic, TailBatch)> {
    let Some(following) = following else { return std::future::pending().await };
    tokio::time::sleep_until(from).await;
    following.next().await
}

/// Reads records into what is pending of their partition; those that cannot be read go to `dead`.
fn collect(
    following: &mut Following,
    stopped: &StoppedPartitions,
    pending: &mut BTreeMap<(Topic, Partition), Pending>,
    dead: &mut Vec<(Topic, threadline_eventlog::Record, String)>,
    topic: Topic,
    batch: &TailBatch,
) {
    let partition = batch.partition;
    if following.stopped.contains(&(topic, partition)) {
        return;
    }
    // A partition given up meanwhile may still have records in the tail.
    let Some(&progress) = following.progress.get(&(topic, batch.partition)) else { return };
    let pending =
        pending.entry((topic, batch.partition)).or_insert_with(|| Pending::new(topic, batch.partition, progress));
    for record in batch.records.iter() {
        if record.offset < pending.to.next {
            continue;
        }
        pending.seen += 1;
        match decode(topic, record, &mut pending.to) {
            Ok(value) => {
                if matches!(value, Value::Duplicate) {
                    metrics::counter!("threadline_projector_duplicates_total").increment(1);
                }
                pending.push(value, record);
            }
            Err(DecodeError::UnknownSchema { id: schema_id }) => {
                let position = Position { topic, partition, offset: record.offset };
                stopped.stop(Stopped { position, schema_id });
                following.stopped.insert((topic, partition));
                return;
            }
            Err(DecodeError::Corrupt(reason)) => {
                if let Some(lost) = lost(topic, record) {
                    pending.push_lost(lost);
                }
                dead.push((topic, record.clone(), reason));
            }
        }
    }
}

async fn in_time<T>(config: &Config, attempt: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::time::timeout(config.attempt_timeout, attempt).await.unwrap_or(Err(Failed::Timeout))
}
