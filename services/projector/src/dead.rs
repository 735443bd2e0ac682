//! Moves records that cannot be read or applied out of the way.

use threadline_eventlog::{EventLog, Record, Topic, codec};
use threadline_projections::Letter;

use crate::error::Failed;
use crate::metrics;

/// Appends a record and the reason to the log's dead letters, and returns the letter that generations keep. After a
/// crash this may happen twice; the letter's position tells the copies.
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
