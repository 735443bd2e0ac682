//! Reads what a log holds.

use std::time::Duration;

use threadline_domain::Topic;
use threadline_eventlog::{EventLog, Record, Start};

/// How long a partition may keep its next record back; Kafka's last offsets may be of compacted records or of its own.
const RECORD_WAIT: Duration = Duration::from_secs(5);

/// Everything that a topic holds.
pub async fn records(log: &dyn EventLog, topic: Topic) -> Vec<Record> {
    let ends = log.ends(topic).await.all().expect("the log answers");
    let starts = log.starts(topic).await.all().expect("the log answers");
    let mut records = Vec::new();
    for (partition, end) in ends {
        if starts.get(&partition).is_none_or(|&start| start >= end) {
            continue;
        }
        let mut tail = log.tail(topic, [(partition, Start::At(0))].into());
        while let Ok(Some(batch)) = tokio::time::timeout(RECORD_WAIT, tail.next()).await {
            let last = batch.records.last().map_or(0, |record| record.offset);
            records.extend(batch.records.iter().cloned());
            if last + 1 >= end {
                break;
            }
        }
    }
    records
}
