//! Records that cannot be read or applied: out of the way, but not without a trace.

use threadline_eventlog::{EventLog, Record, Topic, codec};
use threadline_projections::Views;

use crate::apply::Failed;

/// Puts a record with the reason into the dead letters, in the log and in the views. After a crash this may happen
/// again: the letter's position tells.
pub(crate) async fn bury(
    log: &dyn EventLog,
    views: &Views,
    topic: Topic,
    record: &Record,
    reason: &str,
) -> Result<(), Failed> {
    let letter = codec::dead_letter(topic, record, reason);
    log.append(Topic::DeadLetters, codec::dead_letter_record(&letter)).await?;
    views.dead_letter(letter.position, &letter.reason).await?;
    metrics::counter!("threadline_projector_dead_letters_total", "topic" => topic.name()).increment(1);
    tracing::error!(event.position = %letter.position, reason = letter.reason, "a record went to the dead letters");
    Ok(())
}
