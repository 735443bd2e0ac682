//! Append classes: topics that share a queue and a connection, so that one sort of record does not wait for another.
//!
//! A log gives each class a queue and a connection or producer of its own. A flood of read marks fills the queue of
//! facts and delays other facts; events and commands are not affected. Order holds within a partition, so it is enough
//! that a topic is in one class (decision 6).

use threadline_domain::topic::{Durability, Sort};

use crate::Topic;

/// A class of topics whose records are appended together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AppendClass {
    Events,
    /// Commands, and the replies to those that gave no event.
    Commands,
    Facts,
    Signals,
}

impl AppendClass {
    pub(crate) const ALL: [Self; 4] = [Self::Events, Self::Commands, Self::Facts, Self::Signals];

    pub(crate) const fn of(topic: Topic) -> Self {
        match topic.spec().sort {
            Sort::Events => Self::Events,
            Sort::Commands { .. } | Sort::Answers => Self::Commands,
            Sort::Facts | Sort::DeadLetters => Self::Facts,
            Sort::Ephemeral => Self::Signals,
        }
    }

    /// What an acknowledged append of this class survives; the same for each of its topics.
    pub(crate) const fn durability(self) -> Durability {
        match self {
            Self::Events | Self::Facts => Durability::Durable,
            Self::Commands | Self::Signals => Durability::Relaxed,
        }
    }

    /// The name in metrics and logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Commands => "commands",
            Self::Facts => "facts",
            Self::Signals => "signals",
        }
    }
}

/// One value for each class.
#[derive(Debug)]
pub(crate) struct ByClass<T>([T; AppendClass::ALL.len()]);

impl<T> ByClass<T> {
    /// Makes the value of each class in turn.
    pub(crate) fn from_fn(value: impl FnMut(AppendClass) -> T) -> Self {
        Self(AppendClass::ALL.map(value))
    }

    /// Makes the value of each class in turn; fails with the first failure.
    pub(crate) fn try_from_fn<E>(mut value: impl FnMut(AppendClass) -> Result<T, E>) -> Result<Self, E> {
        let [events, commands, facts, signals] = AppendClass::ALL;
        Ok(Self([value(events)?, value(commands)?, value(facts)?, value(signals)?]))
    }

    pub(crate) fn of(&self, topic: Topic) -> &T {
        let [events, commands, facts, signals] = &self.0;
        match AppendClass::of(topic) {
            AppendClass::Events => events,
            AppendClass::Commands => commands,
            AppendClass::Facts => facts,
            AppendClass::Signals => signals,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AppendClass, &T)> {
        AppendClass::ALL.into_iter().zip(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topics_of_a_class_are_equally_durable() {
        for topic in Topic::ALL {
            assert_eq!(AppendClass::of(topic).durability(), topic.spec().durability, "{topic}");
        }
    }

    #[test]
    fn each_topic_finds_the_value_of_its_class() {
        let classes = ByClass::from_fn(|class| class);
        for topic in Topic::ALL {
            assert_eq!(*classes.of(topic), AppendClass::of(topic));
        }
    }
}
