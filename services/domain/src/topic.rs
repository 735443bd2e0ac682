//! The topics of the log. The table at the top is the only place that knows them: code reads it, and the log's SQL is
//! filled and generated from it.

use std::fmt;
use std::ops::{Index, IndexMut};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Defines the type and its table from the same rows.
macro_rules! topics {
    ($($(#[$doc:meta])* $topic:ident = $number:literal, $name:literal:
        $sort:expr, $key:expr, $retention:expr, $durability:expr;)+) => {
        /// A topic of the log, without the configurable prefix of its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic { $($(#[$doc])* $topic),+ }

        impl Topic {
            pub const ALL: [Self; [$($number),+].len()] = [$(Self::$topic),+];

            /// Returns the topic's row of the table.
            pub const fn spec(self) -> &'static TopicSpec {
                match self {
                    $(Self::$topic => &TopicSpec {
                        name: $name,
                        number: $number,
                        sort: $sort,
                        key: $key,
                        retention: $retention,
                        durability: $durability,
                    }),+
                }
            }
        }
    };
}

topics! {
    /// Events of the thread aggregate.
    Messages = 1, "messages": Sort::Events, Key::Thread, Retention::Forever, Durability::Durable;
    /// Commands for the thread aggregate.
    MessagesCommands = 2, "messages.commands":
        Sort::Commands { events: Topic::Messages }, Key::Thread, Retention::For(WEEK), Durability::Relaxed;
    /// Replies to commands that gave no event, and nothing else.
    Rejections = 3, "rejections": Sort::Answers, Key::Edge, Retention::For(HOUR), Durability::Relaxed;
    /// How far users have read.
    Reads = 4, "reads": Sort::Facts, Key::ThreadAndUser, Retention::LastOfEachKey, Durability::Durable;
    /// Users' names as last seen.
    Users = 5, "users": Sort::Facts, Key::User, Retention::LastOfEachKey, Durability::Durable;
    /// Typing and presence.
    Signals = 6, "signals": Sort::Ephemeral, Key::ThreadOrUser, Retention::For(MINUTE), Durability::Relaxed;
    /// Records that could not be read or applied.
    DeadLetters = 7, "dead-letters": Sort::DeadLetters, Key::OfItsRecord, Retention::Forever, Durability::Durable;
    /// Events of the dispute aggregate.
    Disputes = 8, "disputes": Sort::Events, Key::Dispute, Retention::Forever, Durability::Durable;
    /// Commands for the dispute aggregate.
    DisputesCommands = 9, "disputes.commands":
        Sort::Commands { events: Topic::Disputes }, Key::Dispute, Retention::For(WEEK), Durability::Relaxed;
    /// Events of the payment aggregate.
    Payments = 10, "payments": Sort::Events, Key::Payment, Retention::Forever, Durability::Durable;
    /// Commands for the payment aggregate.
    PaymentsCommands = 11, "payments.commands":
        Sort::Commands { events: Topic::Payments }, Key::Payment, Retention::For(WEEK), Durability::Relaxed;
}

/// What kind of records a topic has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Commands for an aggregate. The command topic and the event topic have the same number of partitions, and the
    /// event of a command in partition 3 is in partition 3.
    Commands {
        /// The topic of the aggregate's events.
        events: Topic,
    },
    /// Events of an aggregate.
    Events,
    /// Facts that need no decision: maxima, and values of which the last one counts (decision 11).
    Facts,
    /// Replies for those who wait for the outcome of a command.
    Answers,
    /// Signals that matter only now. A log may carry them without storing them.
    Ephemeral,
    /// Records that could not be read or applied.
    DeadLetters,
}

/// What the key of a topic's records names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Thread,
    Dispute,
    Payment,
    /// The text `thread:user`.
    ThreadAndUser,
    User,
    ThreadOrUser,
    /// The edge that waits.
    Edge,
    /// The key of the record that this one is about.
    OfItsRecord,
}

/// Which records a topic keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Keeps every record.
    Forever,
    /// Keeps every record for at least this long.
    For(Duration),
    /// Keeps at least the last record of each key.
    LastOfEachKey,
}

/// What an acknowledged append survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the log's server loses no acknowledged record.
    Durable,
    /// A crash of the server may lose the last acknowledged records, where a log gains speed by it (Postgres). No
    /// client was promised anything because of them: an outcome rests on the durable event that follows from a command.
    Relaxed,
}

/// A topic's row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name without the configurable prefix, such as `messages.commands`.
    pub name: &'static str,
    /// Its number in stored rows. Never change one.
    pub number: i16,
    pub sort: Sort,
    pub key: Key,
    pub retention: Retention,
    /// What an acknowledged append survives.
    pub durability: Durability,
}

impl Topic {
    /// Returns the topic's name without its prefix, such as `messages.commands`.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns the topic with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }

    /// Returns the topic's number in stored rows.
    pub const fn number(self) -> i16 {
        self.spec().number
    }

    /// Returns the topic with this [`number`](Self::number).
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.number() == number)
    }

    /// Returns the event topics, one for each aggregate.
    pub fn events() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|topic| topic.spec().sort == Sort::Events)
    }

    /// Returns the command topics, one for each aggregate.
    pub fn commands() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|topic| matches!(topic.spec().sort, Sort::Commands { .. }))
    }

    /// Returns the topic of the events that follow from this topic's commands; `None` for a topic without commands.
    pub const fn events_of(self) -> Option<Self> {
        match self.spec().sort {
            Sort::Commands { events } => Some(events),
            _ => None,
        }
    }

    /// Returns the topic of the commands that cause this topic's events; `None` for a topic without such events.
    pub fn commands_of(self) -> Option<Self> {
        Self::commands().find(|commands| commands.events_of() == Some(self))
    }

    /// Whether every log stores the topic's records.
    pub const fn is_stored(self) -> bool {
        !matches!(self.spec().sort, Sort::Ephemeral)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value for each topic.
#[derive(Clone, Debug)]
pub struct TopicMap<T>([T; Topic::ALL.len()]);

impl<T> TopicMap<T> {
    /// Makes the value of each topic in turn.
    pub fn from_fn(value: impl FnMut(Topic) -> T) -> Self {
        Self(Topic::ALL.map(value))
    }

    /// Iterates over the topics with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Topic, &T)> {
        Topic::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Topic> for TopicMap<T> {
    type Output = T;

    /// Never fails: the type and [`Topic::ALL`] are made of the same rows.
    fn index(&self, topic: Topic) -> &T {
        &self.0[topic as usize]
    }
}

impl<T> IndexMut<Topic> for TopicMap<T> {
    fn index_mut(&mut self, topic: Topic) -> &mut T {
        &mut self.0[topic as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_numbers_are_unique_and_read_back() {
        for topic in Topic::ALL {
            assert_eq!(Topic::from_name(topic.name()), Some(topic));
            assert_eq!(Topic::from_number(topic.number()), Some(topic));
        }
        let numbers: BTreeSet<_> = Topic::ALL.map(Topic::number).into();
        assert_eq!(numbers.len(), Topic::ALL.len());
        assert_eq!((Topic::from_name("chat"), Topic::from_number(0)), (None, None));
    }

    /// Rows of every log hold these numbers.
    #[test]
    fn numbers_stay() {
        let numbers = Topic::ALL.map(|topic| format!("{} {topic}", topic.number())).join(", ");
        let released = "1 messages, 2 messages.commands, 3 rejections, 4 reads, 5 users, 6 signals, 7 dead-letters, \
                        8 disputes, 9 disputes.commands, 10 payments, 11 payments.commands";
        assert_eq!(numbers, released);
    }

    #[test]
    fn each_event_topic_has_a_command_topic_of_the_same_key() {
        assert_eq!(Topic::events().count(), Topic::commands().count());
        for events in Topic::events() {
            let commands = events.commands_of().expect("an aggregate has commands");
            assert_eq!(commands.events_of(), Some(events));
            assert_eq!(commands.spec().key, events.spec().key);
            assert_eq!(commands.name(), format!("{events}.commands"));
            assert_eq!(events.spec().durability, Durability::Durable);
        }
        assert_eq!((Topic::Reads.commands_of(), Topic::Reads.events_of()), (None, None));
    }

    #[test]
    fn a_map_holds_a_value_for_each_topic() {
        let map = TopicMap::from_fn(Topic::name);
        for (topic, name) in map.iter() {
            assert_eq!((map[topic], *name), (topic.name(), topic.name()));
        }
        assert_eq!(map.iter().count(), Topic::ALL.len());
    }
}
