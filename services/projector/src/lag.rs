//! Measures how far generations lag behind the log.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use threadline_eventlog::{EventLog, Offset, Topic};
use threadline_projections::{Feed, Progress};

use crate::error::Failed;
use crate::follow::{Fed, TopicPartition};
use crate::metrics;

/// The ends of partitions, as far as the log answered.
pub(crate) type Ends = BTreeMap<TopicPartition, Offset>;

/// Asks for the ends of the partitions of these topics, all at once. A topic that does not answer in time is left out.
pub(crate) async fn ends(log: &dyn EventLog, topics: impl IntoIterator<Item = Topic>, wait: Duration) -> Ends {
    let asked = topics.into_iter().map(|topic| tokio::time::timeout(wait, ends_of(log, topic)));
    join_all(asked).await.into_iter().flatten().flatten().collect()
}

async fn ends_of(log: &dyn EventLog, topic: Topic) -> Ends {
    log.ends(topic).await.known().iter().map(|(&partition, &end)| ((topic, partition), end)).collect()
}

/// Returns how many records a generation lacks, in the partitions whose ends are known.
pub(crate) fn behind(progress: &BTreeMap<TopicPartition, Progress>, ends: &Ends) -> u64 {
    let behind = |(partition, at): (&TopicPartition, &Progress)| {
        ends.get(partition).map_or(0, |end| end.saturating_sub(at.next))
    };
    progress.iter().map(behind).sum()
}

/// Publishes the lag of a generation by topic.
pub(crate) fn show(fed: &Fed, ends: &Ends) {
    for &topic in fed.feed.spec().topics {
        let of_topic = fed.progress.iter().filter(|((of, _), _)| *of == topic);
        let lag = behind(&of_topic.map(|(partition, at)| (*partition, *at)).collect(), ends);
        let schema = fed.feed.generation().schema.to_string();
        metrics::lag_records(topic.name(), schema).set(lag as f64);
    }
}

/// Compares a generation's stored progress with what we last wrote: a dropped or rebuilt schema would otherwise go
/// unnoticed until the next record.
pub(crate) async fn check(feed: &Feed, left_at: &BTreeMap<TopicPartition, Progress>) -> Result<(), Failed> {
    let schema = || feed.generation().schema.clone();
    for &topic in feed.spec().topics {
        let found = feed.progress(topic).await?;
        let left_at = left_at.iter().filter(|((of, _), _)| *of == topic);
        for (&(_, partition), at) in left_at {
            let found = found.get(&partition).copied().unwrap_or_default();
            if found.next < at.next {
                return Err(Failed::Dropped { schema: schema() });
            }
            if found != *at {
                return Err(Failed::Moved { schema: schema() });
            }
        }
    }
    Ok(())
}
