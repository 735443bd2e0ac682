//! Fills a new generation of a projection from offset 0, beside live traffic.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_projections::{Generation, Projection, Registry};
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::error::RebuildError;
use crate::follow::Fed;
use crate::lag;
use crate::lane::{Ended, Lane};
use crate::supervisor::{check_not_ahead, progress};

/// The interval of asking for the log's ends.
const ENDS_INTERVAL: Duration = Duration::from_secs(1);

/// What to rebuild, and how fast.
#[derive(Clone)]
pub struct Rebuild {
    pub projection: Arc<dyn Projection>,
    /// The bounds of projectors, and of rebuilds.
    pub config: Config,
    /// The most records a second, if limited.
    pub records_per_second_max: Option<u32>,
}

/// The progress of a rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Records that the new generation has, those of earlier rebuilds that this one continues included.
    pub applied: u64,
    /// Records of the projection's topics in the log, as last asked.
    pub total: u64,
}

/// Adds a generation, or continues the one that is being built, until it has all that the log held a moment ago, and
/// hands it over to the projectors.
///
/// ```text
/// 0 ─────────── batches of 10,000 records ───────────▶ end of the log a moment ago ─▶ ready, fed by the projectors
///      killed here: at most one batch lost; the next rebuild continues
/// ```
///
/// Fails with [`RebuildError`] when another process rebuilds the projection, at a record of an unknown schema, or after
/// repeated failures; the generation stays and the next rebuild continues it. Live traffic is not affected.
pub async fn rebuild(
    rebuild: Rebuild,
    log: Arc<dyn EventLog>,
    registry: &Registry,
    on_progress: impl FnMut(RebuildProgress) + Send,
    shutdown: CancellationToken,
) -> Result<Generation, RebuildError> {
    let spec = rebuild.projection.spec();
    let Some(alone) = registry.rebuild_alone(spec).await? else { return Err(RebuildError::Busy(spec.name)) };
    let built = build(rebuild, log, registry, on_progress, shutdown).await;
    alone.release().await;
    built
}

async fn build(
    rebuild: Rebuild,
    log: Arc<dyn EventLog>,
    registry: &Registry,
    mut on_progress: impl FnMut(RebuildProgress) + Send,
    shutdown: CancellationToken,
) -> Result<Generation, RebuildError> {
    let spec = rebuild.projection.spec();
    let generation = registry.begin_rebuild(spec).await?;
    registry.follow(&generation.schema, &log.id()).await?;
    let feed = registry.feed(Arc::clone(&rebuild.projection), generation.clone());
    let partitions = spec.topics.iter().map(|&topic| log.partitions(topic)).max().unwrap_or(0);
    let all: BTreeSet<_> = (0..partitions).collect();
    let rate = rebuild.records_per_second_max;
    let batch_max = rebuild.config.rebuild_batch_records_max;
    let config = Config {
        // With a limit, at most one second's records at once.
        batch_records_max: rate.map_or(batch_max, |rate| batch_max.min(rate as usize).max(1)),
        batch_bytes_max: rebuild.config.rebuild_batch_bytes_max,
        transaction_interval: Duration::ZERO,
        rest_max: Duration::ZERO,
        lag_interval: ENDS_INTERVAL,
        records_per_second_max: rate,
        ..rebuild.config
    };
    let mut failures = 0;
    loop {
        let ends = lag::ends(log.as_ref(), spec.topics.iter().copied(), config.ends_timeout).await;
        let total: u64 = ends.values().sum();
        let fed = Fed { progress: progress(log.as_ref(), &feed, &all).await?, feed: feed.clone() };
        check_not_ahead(&fed, &ends).map_err(|failed| RebuildError::Failed(failed.to_string()))?;
        let mut applied = fed.progress.values().map(|at| at.next).sum();
        on_progress(RebuildProgress { applied, total });
        let lane = Lane::new(config.clone(), Arc::clone(&log), vec![fed], StoppedPartitions::new());
        let mut on_applied = |_: &[Fed], records: u64| {
            failures = 0;
            applied += records;
            on_progress(RebuildProgress { applied, total: total.max(applied) });
        };
        let ended = tokio::select! {
            () = shutdown.cancelled() => return Err(RebuildError::Cancelled),
            ended = lane.run(true, &mut on_applied) => ended,
        };
        match ended {
            Ended::CaughtUp => break,
            Ended::LogClosed => return Err(RebuildError::Failed("the log was shut down".into())),
            Ended::Unreadable(stopped) => return Err(RebuildError::Unreadable(stopped)),
            Ended::Failed(failed) => {
                failures += 1;
                if failed.is_final() || failures > config.rebuild_failures_max {
                    return Err(RebuildError::Failed(failed.to_string()));
                }
                tracing::warn!(
                    error = %failed,
                    "failed to go on with the rebuild: {failed}; retrying in {} ms",
                    config.retry_pause_max.as_millis()
                );
                tokio::time::sleep(config.retry_pause_max).await;
            }
        }
    }
    registry.set_ready(&generation.schema).await?;
    Ok(generation)
}
