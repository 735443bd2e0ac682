//! Where the hub starts.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use threadline_domain::{Offset, Partition, Topic};
use threadline_eventlog::{Error, EventLog, Start, Tail, partition_of, unknown_schema};
use threadline_hub::Starts;
use threadline_projections::Progress;

use super::readiness::Ends;
use super::shared::HubDeps;

/// How long to wait before the log is asked again where it ends.
const START_RETRY: Duration = Duration::from_millis(500);

/// How long to wait for the first record that the projection does not have, where it is far behind.
const FIRST_RECORD_WAIT: Duration = Duration::from_secs(2);

/// Where the hub starts.
pub(super) struct Plan {
    /// By topic and partition.
    pub(super) starts: Starts,
    /// Where the event topics ended when the hub started.
    pub(super) ends: Ends,
    /// Where the partition of `rejections` ended that holds this edge's refusals.
    rejections: BTreeMap<Partition, Offset>,
}

impl Plan {
    /// Asks the log where the event topics end until it answers, and the projection how far it has followed them.
    pub(super) async fn make(deps: &HubDeps, topics: &[Topic]) -> Self {
        let (ends, rejections) = loop {
            match ends(deps, topics).await {
                Ok(ends) => break ends,
                Err(error) => {
                    tracing::warn!(
                        %error,
                        "failed to ask the log where it ends: {error}; the hub starts once it answers, retrying in {} \
                         ms",
                        START_RETRY.as_millis()
                    );
                }
            }
            tokio::time::sleep(START_RETRY).await;
        };
        let mut starts = Starts::new();
        for (&topic, ends) in &ends {
            // From the projection's progress on, the ring continues every snapshot. Without projection nobody can join, so
            // any start will do. Of a topic that no projection reads, the ring holds the newest records.
            let progress = deps.conversations.progress(topic).await.unwrap_or_default();
            let start = async |(&partition, &end): (&Partition, &Offset)| {
                let Progress { next, cause } = progress.get(&partition).copied().unwrap_or_default();
                let mut start = next.max(end.saturating_sub(deps.config.hub.start_records_max)).min(end);
                if start > next && is_unknown(deps, topic, partition, next).await {
                    // The projection stands still there for as long as this edge would.
                    start = next;
                }
                threadline_hub::Start { next: start, cause: cause.filter(|_| start == next) }
            };
            starts.insert(topic, join_all(ends.iter().map(start)).await);
        }
        Self { starts, ends, rejections }
    }

    /// Opens the tail of an event topic.
    pub(super) fn tail(&self, log: &dyn EventLog, topic: Topic) -> Tail {
        let starts = self.starts.get(&topic).map(Vec::as_slice).unwrap_or_default();
        log.tail(topic, (0..).zip(starts).map(|(partition, start)| (partition, Start::At(start.next))).collect())
    }

    /// Opens the tail of this edge's refusals.
    pub(super) fn rejections(&self, log: &dyn EventLog) -> Tail {
        let starts = self.rejections.iter().map(|(&partition, &next)| (partition, Start::At(next)));
        log.tail(Topic::Rejections, starts.collect())
    }
}

/// Opens a tail of what is appended to a topic from now on.
pub(super) fn tail_from_end(log: &dyn EventLog, topic: Topic) -> Tail {
    log.tail(topic, (0..log.partitions(topic)).map(|partition| (partition, Start::End)).collect())
}

/// Returns whether the record at this place can be read by a newer program only.
async fn is_unknown(deps: &HubDeps, topic: Topic, partition: Partition, offset: Offset) -> bool {
    let mut tail = deps.log.tail(topic, BTreeMap::from([(partition, Start::At(offset))]));
    let batch = tokio::time::timeout(FIRST_RECORD_WAIT, tail.next()).await.ok().flatten();
    let first = batch.as_ref().and_then(|batch| batch.records.first());
    first.is_some_and(|record| record.offset == offset && unknown_schema(record).is_some())
}

async fn ends(deps: &HubDeps, topics: &[Topic]) -> Result<(Ends, BTreeMap<Partition, Offset>), Error> {
    let mut events = Ends::new();
    for &topic in topics {
        events.insert(topic, deps.log.ends(topic).await.all()?);
    }
    let ours = partition_of(deps.appender.edge().as_bytes(), deps.log.partitions(Topic::Rejections));
    let mut rejections = deps.log.ends(Topic::Rejections).await.all()?;
    rejections.retain(|&partition, _| partition == ours);
    Ok((events, rejections))
}
