//! Commands that cannot be read: out of the way, but not without a trace.

use threadline_eventlog::{Appending, EventLog, Record, Topic, codec};

/// Puts a command with the reason into the dead letters. After a crash this may happen again: the position tells.
pub(crate) fn bury(log: &dyn EventLog, topic: Topic, record: &Record, reason: &str) -> Appending {
    let letter = codec::dead_letter(topic, record, reason);
    metrics::counter!("threadline_decider_dead_letters_total", "topic" => topic.name()).increment(1);
    tracing::error!(command.position = %letter.position, reason = letter.reason, "a command went to the dead letters");
    log.append(Topic::DeadLetters, codec::dead_letter_record(&letter))
}
