//! Whether events reach sessions in time, by the log's end and without anybody's wall clock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use threadline_domain::{Offset, Partition, Topic};
use threadline_hub::HubProgress;

/// How often the log is asked for its end.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// How often the progress is compared with an end that it has not reached.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where the partitions of each event topic end.
pub(super) type Ends = BTreeMap<Topic, BTreeMap<Partition, Offset>>;

/// How far the hub lags behind the log. An end that the hub does not reach within `lag_max` makes the edge unready.
pub(super) struct HubReadiness {
    lag_max: Duration,
    /// Records that are late; 0 when the hub is in time.
    late: AtomicU64,
}

impl HubReadiness {
    pub(super) fn new(lag_max: Duration) -> Self {
        Self { lag_max, late: AtomicU64::new(0) }
    }

    /// Fails when the hub lags behind the log.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.late.load(Ordering::Acquire) {
            0 => Ok(()),
            late => {
                Err(format!("the hub is {late} records behind the log for more than {} ms", self.lag_max.as_millis()))
            }
        }
    }

    /// Waits until the hub has reached these ends, notes if it takes too long, and waits until it is time to ask again.
    pub(super) async fn probe(&self, progress: &HubProgress, ends: &Ends) {
        let asked = Instant::now();
        loop {
            let missing = missing(progress, ends);
            if missing == 0 {
                self.late.store(0, Ordering::Release);
                break;
            }
            if asked.elapsed() >= self.lag_max {
                self.late.store(missing, Ordering::Release);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tokio::time::sleep(PROBE_EVERY.saturating_sub(asked.elapsed())).await;
    }
}

fn missing(progress: &HubProgress, ends: &Ends) -> u64 {
    let of_topic = |(&topic, ends): (&Topic, &BTreeMap<Partition, Offset>)| -> u64 {
        ends.iter().map(|(&partition, &end)| end.saturating_sub(progress.next(topic, partition))).sum()
    };
    ends.iter().map(of_topic).sum()
}
