//! Records that cannot be read or applied: out of the way, but not without a trace.

use threadline_eventlog::codec::{self, DeadLetter};
use threadline_eventlog::{EventLog, Position, Record, Topic};
use threadline_views::Views;

use crate::apply::Failed;

/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 500;

/// Puts a record with the reason into the dead letters, in the log and in the views. After a crash this may happen
/// again: the letter's position tells.
pub(crate) async fn bury(
    log: &dyn EventLog,
    views: &Views,
    topic: Topic,
    record: &Record,
    reason: &str,
) -> Result<(), Failed> {
    let position = Position { topic, partition: record.partition, offset: record.offset };
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    let letter = DeadLetter { position, reason: reason.clone(), key: record.key.clone(), value: record.value.clone() };
    match log.append(Topic::DeadLetters, codec::dead_letter_record(&letter)).await {
        // A record that fills its topic's limit does not fit into a letter; the original stays where it lies.
        Err(threadline_eventlog::Error::TooLarge { .. }) => {
            let letter = DeadLetter { value: None, ..letter };
            log.append(Topic::DeadLetters, codec::dead_letter_record(&letter)).await?;
        }
        appended => drop(appended?),
    }
    views.dead_letter(position, &reason).await?;
    metrics::counter!("threadline_projector_dead_letters_total", "topic" => topic.name()).increment(1);
    tracing::error!(event.position = %position, reason, "a record went to the dead letters");
    Ok(())
}
