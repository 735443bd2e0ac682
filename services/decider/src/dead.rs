//! Moves commands that cannot be read out of the way.

use threadline_eventlog::{Appending, EventLog, Record, Topic, codec};

use crate::metrics;

/// Appends a command and the reason to the dead letters. After a crash this may happen twice; the position tells the
/// copies.
pub(crate) fn bury(log: &dyn EventLog, topic: Topic, record: &Record, reason: &str) -> Appending {
    let letter = codec::dead_letter(topic, record, reason);
    metrics::dead_letters(topic.name()).increment(1);
    tracing::error!(
        command.position = %letter.position,
        reason = letter.reason,
        "failed to read the command at {}: {}; it is a dead letter now",
        letter.position,
        letter.reason
    );
    log.append(Topic::DeadLetters, codec::dead_letter_record(&letter))
}
