//! Commands that cannot be read: out of the way, but not without a trace.

use threadline_eventlog::codec::{self, DeadLetter};
use threadline_eventlog::{Appending, EventLog, Position, Record, Topic};

/// A letter holds a value of at most this size; a larger one stays where it lies.
const VALUE_BYTES_MAX: usize = 1_000_000;

/// Puts a command with the reason into the dead letters. After a crash this may happen again: the position tells.
pub(crate) fn bury(log: &dyn EventLog, topic: Topic, record: &Record, reason: String) -> Appending {
    let position = Position { topic, partition: record.partition, offset: record.offset };
    metrics::counter!("threadline_decider_dead_letters_total", "topic" => topic.name()).increment(1);
    tracing::error!(command.position = %position, reason, "a command went to the dead letters");
    let value = record.value.clone().filter(|value| value.len() <= VALUE_BYTES_MAX);
    let letter = DeadLetter { position, reason, key: record.key.clone(), value };
    log.append(Topic::DeadLetters, codec::dead_letter_record(&letter))
}
