//! Measures how far the views lag behind the log, apart from projecting: a topic that does not answer delays its own
//! gauge and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadline_eventlog::{EventLog, Offset, Partition, Topic};
use threadline_projections::Progress;
use tokio::task::JoinHandle;

use crate::TOPICS;

/// Measurements, one task a topic; dropping it ends them.
pub(crate) struct LagMeter {
    log: Arc<dyn EventLog>,
    under_way: BTreeMap<Topic, JoinHandle<()>>,
}

impl LagMeter {
    pub(crate) fn new(log: Arc<dyn EventLog>) -> Self {
        Self { log, under_way: BTreeMap::new() }
    }

    /// Starts to measure every topic, except those whose last measurement still waits for the log. Returns at once.
    pub(crate) fn measure(&mut self, progress: &BTreeMap<(Topic, Partition), Progress>) {
        for topic in TOPICS {
            if self.under_way.get(&topic).is_some_and(|task| !task.is_finished()) {
                continue;
            }
            let ours = progress.iter().filter(|((of, _), _)| *of == topic);
            let next = ours.map(|((_, partition), at)| (*partition, at.next)).collect();
            self.under_way.insert(topic, tokio::spawn(measure(Arc::clone(&self.log), topic, next)));
        }
    }
}

impl Drop for LagMeter {
    fn drop(&mut self) {
        for task in self.under_way.values() {
            task.abort();
        }
    }
}

/// Sets the topic's gauge. While a partition does not answer, its lag is not known and the gauge stays where it was.
async fn measure(log: Arc<dyn EventLog>, topic: Topic, next: BTreeMap<Partition, Offset>) {
    let ends = log.ends(topic).await;
    let lag = |(partition, next): (&Partition, &Offset)| Some(ends.known().get(partition)?.saturating_sub(*next));
    if let Some(lag) = next.iter().map(lag).sum::<Option<Offset>>() {
        metrics::gauge!("threadline_projector_lag_records", "topic" => topic.name()).set(lag as f64);
    }
}
