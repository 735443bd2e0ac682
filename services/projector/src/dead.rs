//! Records that cannot be read or applied: out of the way, but not without a trace.

use threadline_eventlog::{EventLog, Record, Topic, codec};
use threadline_projections::Letter;

use crate::error::Failed;
use crate::metrics;

/// Puts a record with the reason into the log's dead letters; answers the letter that generations keep. After a crash this
/// may happen again: the letter's position tells.
pub(crate) async fn bury(log: &dyn EventLog, topic: Topic, record: &Record, reason: &str) -> Result<Letter, Failed> {
    let letter = codec::dead_letter(topic, record, reason);
    log.append(Topic::DeadLetters, codec::dead_letter_record(&letter)).await?;
    metrics::dead_letters(topic.name()).increment(1);
    tracing::error!(
        event.position = %letter.position,
        reason = letter.reason,
        "failed to apply the record at {}: {}; it is a dead letter now",
        letter.position,
        letter.reason
    );
    Ok(Letter { offset: record.offset, reason: letter.reason })
}
