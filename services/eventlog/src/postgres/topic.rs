//! Topics as the tables name them. The numbers are stored: never change one.

use crate::Topic;

/// The topic's number.
pub(super) const fn number_of(topic: Topic) -> i16 {
    match topic {
        Topic::Messages => 1,
        Topic::MessagesCommands => 2,
        Topic::Rejections => 3,
        Topic::Reads => 4,
        Topic::Users => 5,
        Topic::Signals => 6,
        Topic::DeadLetters => 7,
    }
}

/// The topic with this number.
pub(super) fn topic_of(number: i16) -> Option<Topic> {
    Topic::ALL.into_iter().find(|&topic| number_of(topic) == number)
}

/// Whether the topic lies in the tables; signals only travel by NOTIFY.
pub(super) const fn is_stored(topic: Topic) -> bool {
    !matches!(topic, Topic::Signals)
}

/// Whether an append may be confirmed before it is on disk. The write-ahead log is sequential, so a durable event's
/// command is durable too, and a command without an event was never confirmed to anybody.
pub(super) const fn is_relaxed(topic: Topic) -> bool {
    matches!(topic, Topic::MessagesCommands | Topic::Rejections)
}
