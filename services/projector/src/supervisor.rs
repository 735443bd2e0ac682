//! Decides which partitions we own, which generations are fed, and in which lanes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use threadline_eventlog::{EventLog, Ownership, OwnershipChange, Partition, StoppedPartitions, Topic};
use threadline_projections::{Error, Feed, Generation, Projection, Registry};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::error::Failed;
use crate::follow::{Fed, TopicPartition};
use crate::lag::{self, Ends};
use crate::lane::{Ended, Lane};
use crate::metrics;

pub(crate) struct Supervisor {
    config: Config,
    log: Arc<dyn EventLog>,
    registry: Registry,
    projections: Vec<Arc<dyn Projection>>,
    ownership: Ownership,
    /// The stopped partitions, for `/readyz`.
    stopped: StoppedPartitions,
    owned: BTreeSet<Partition>,
    lanes: Option<Lanes>,
    /// When to open lanes if none run.
    open_at: Instant,
    failures: u32,
}

/// The running lanes. Dropping them stops them and rolls their transactions back.
struct Lanes {
    running: JoinSet<Ended>,
    /// The generations that they feed, by schema.
    fed: BTreeSet<String>,
}

impl Supervisor {
    pub(crate) fn new(
        config: Config,
        log: Arc<dyn EventLog>,
        registry: Registry,
        projections: Vec<Arc<dyn Projection>>,
        ownership: Ownership,
        stopped: StoppedPartitions,
    ) -> Self {
        Self {
            config,
            log,
            registry,
            projections,
            ownership,
            stopped,
            owned: BTreeSet::new(),
            lanes: None,
            open_at: Instant::now(),
            failures: 0,
        }
    }

    /// Runs until `shutdown`, or until a failure that no retry helps.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.supervise() => {}
        }
    }

    async fn supervise(&mut self) {
        let mut registry = tokio::time::interval(self.config.registry_interval);
        registry.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                change = self.ownership.changed() => match change {
                    Some(change) => self.change(change).await,
                    None => return,
                },
                Some(ended) = ended(&mut self.lanes) => {
                    match ended {
                        Ended::LogClosed => return,
                        // It continues together with the others.
                        Ended::CaughtUp | Ended::Unreadable(_) => self.reopen().await,
                        Ended::Failed(failed) if failed.is_final() => return report(&failed),
                        Ended::Failed(failed) => self.retry(&failed).await,
                    }
                }
                () = tokio::time::sleep_until(self.open_at), if self.lanes.is_none() && !self.owned.is_empty() => {
                    match self.in_time(self.open()).await {
                        Ok(lanes) => {
                            self.lanes = Some(lanes);
                            self.failures = 0;
                        }
                        Err(failed) if failed.is_final() => return report(&failed),
                        Err(failed) => self.retry(&failed).await,
                    }
                }
                _ = registry.tick(), if self.lanes.is_some() => {
                    // If the registry does not answer now, it is asked again soon.
                    if let Ok(Ok(true)) = tokio::time::timeout(self.config.attempt_timeout, self.is_outdated()).await {
                        self.reopen().await;
                    }
                }
            }
        }
    }

    async fn change(&mut self, change: OwnershipChange) {
        self.reopen().await;
        match change {
            OwnershipChange::Assigned(partitions) => self.owned.extend(partitions.keys()),
            OwnershipChange::Revoked { partitions, done } => {
                self.owned.retain(|partition| !partitions.contains(partition));
                // No transaction is under way here.
                let _ = done.send(());
            }
            OwnershipChange::Lost(partitions) => self.owned.retain(|partition| !partitions.contains(partition)),
        }
        metrics::owned_partitions().set(self.owned.len() as f64);
    }

    /// Stops all lanes, to be opened again at once.
    async fn reopen(&mut self) {
        if let Some(mut lanes) = self.lanes.take() {
            lanes.running.shutdown().await;
        }
        for stopped in self.stopped.all() {
            self.stopped.clear(stopped.position.topic, stopped.position.partition);
        }
        self.open_at = Instant::now();
    }

    async fn retry(&mut self, failed: &Failed) {
        self.reopen().await;
        let pause = self.config.retry_pause_first * 2_u32.saturating_pow(self.failures);
        let pause = pause.min(self.config.retry_pause_max);
        let retry_ms = pause.as_millis();
        if let Failed::Dropped { schema } = failed {
            metrics::fenced().increment(1);
            tracing::warn!(%schema, "{failed}; going on from where it is now in {retry_ms} ms");
        } else if failed.is_fenced() {
            metrics::fenced().increment(1);
            tracing::info!("{failed}; going on from where it is now in {retry_ms} ms");
        } else {
            tracing::warn!(error = %failed, "failed to apply records: {failed}; retrying in {retry_ms} ms");
        }
        self.open_at = Instant::now() + pause;
        self.failures = self.failures.saturating_add(1).min(16);
    }

    /// Whether the generations to feed have changed.
    async fn is_outdated(&self) -> Result<bool, Error> {
        let Some(lanes) = &self.lanes else { return Ok(false) };
        let mut fed = BTreeSet::new();
        for feed in self.registry.feeds(&self.projections).await? {
            // A generation whose tables are missing cannot be fed until they exist.
            if progress(self.log.as_ref(), &feed, &self.owned).await.is_ok() {
                fed.insert(feed.generation().schema.to_string());
            }
        }
        Ok(fed != lanes.fed)
    }

    /// Opens lanes for all generations. One whose tables are missing is left out, and tried again.
    async fn open(&self) -> Result<Lanes, Failed> {
        let mut all = vec![];
        for feed in self.registry.feeds(&self.projections).await? {
            self.registry.follow(&feed.generation().schema, &self.log.id()).await?;
            match progress(self.log.as_ref(), &feed, &self.owned).await {
                Ok(progress) => all.push(Fed { feed, progress }),
                Err(error @ Error::Schema(_)) => warn_missing(feed.generation(), &error),
                Err(error) => return Err(error.into()),
            }
        }
        let topics: BTreeSet<Topic> = all.iter().flat_map(|fed| fed.feed.spec().topics).copied().collect();
        let ends = lag::ends(self.log.as_ref(), topics, self.config.ends_timeout).await;
        for fed in &all {
            check_not_ahead(fed, &ends)?;
        }
        let fed = all.iter().map(|fed| fed.feed.generation().schema.to_string()).collect();
        let behind: Vec<u64> = all.iter().map(|fed| lag::behind(&fed.progress, &ends)).collect();
        let least = behind.iter().copied().min().unwrap_or_default();
        let (mut front, mut running) = (vec![], JoinSet::new());
        for (fed, behind) in all.into_iter().zip(behind) {
            if behind - least <= self.config.shared_lag_max {
                front.push(fed);
            } else {
                self.start(&mut running, vec![fed], true);
            }
        }
        if !front.is_empty() {
            self.start(&mut running, front, false);
        }
        Ok(Lanes { running, fed })
    }

    fn start(&self, running: &mut JoinSet<Ended>, fed: Vec<Fed>, catches_up: bool) {
        let lane = Lane::new(self.config.clone(), Arc::clone(&self.log), fed, self.stopped.clone());
        running.spawn(async move { lane.run(catches_up, &mut |_, _| ()).await });
    }

    async fn in_time<T>(&self, attempt: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        tokio::time::timeout(self.config.attempt_timeout, attempt).await.unwrap_or(Err(Failed::Timeout))
    }
}

/// Reads a generation's progress in these partitions of all its topics.
pub(crate) async fn progress(
    log: &dyn EventLog,
    feed: &Feed,
    owned: &BTreeSet<Partition>,
) -> Result<BTreeMap<TopicPartition, threadline_projections::Progress>, Error> {
    let mut progress = BTreeMap::new();
    for &topic in feed.spec().topics {
        let known = feed.progress(topic).await?;
        for &partition in owned.range(..log.partitions(topic)) {
            progress.insert((topic, partition), known.get(&partition).copied().unwrap_or_default());
        }
    }
    Ok(progress)
}

/// Refuses a generation that has more records than the log: it was made from another log.
pub(crate) fn check_not_ahead(fed: &Fed, ends: &Ends) -> Result<(), Failed> {
    for (&(topic, partition), at) in &fed.progress {
        if let Some(&end) = ends.get(&(topic, partition))
            && at.next > end
        {
            let schema = fed.feed.generation().schema.clone();
            return Err(Failed::Ahead { schema, topic, partition, next: at.next, end });
        }
    }
    Ok(())
}

/// Waits for the first lane to end; pending while there is none.
async fn ended(lanes: &mut Option<Lanes>) -> Option<Ended> {
    match lanes {
        Some(lanes) if !lanes.running.is_empty() => match lanes.running.join_next().await? {
            Ok(ended) => Some(ended),
            Err(error) => Some(Ended::Failed(Failed::Panicked(error.to_string()))),
        },
        _ => std::future::pending().await,
    }
}

fn warn_missing(generation: &Generation, error: &Error) {
    tracing::warn!(
        schema = %generation.schema,
        %error,
        "failed to open {}: {error}; it is not fed until its tables are there",
        generation.schema
    );
}

fn report(failed: &Failed) {
    tracing::error!(error = %failed, "failed to go on: {failed}; this projection stands still until it fits the log");
}
