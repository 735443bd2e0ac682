//! The address of a record in the log.

use std::fmt;
use std::str::FromStr;

use crate::Topic;

/// A partition of a topic, from 0.
pub type Partition = u32;

/// The number of a record within its partition, from 0, rising.
pub type Offset = u64;

/// A record's address: topic, partition, offset. Written `messages:3:1234`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub topic: Topic,
    /// The partition within the topic.
    pub partition: Partition,
    /// The offset within the partition.
    pub offset: Offset,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.topic, self.partition, self.offset)
    }
}

/// The error of a text that is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let mut parts = text.splitn(3, ':');
        let mut next = || parts.next().ok_or(NotAPosition);
        let topic = Topic::from_name(next()?).ok_or(NotAPosition)?;
        let partition = next()?.parse().map_err(|_| NotAPosition)?;
        let offset = next()?.parse().map_err(|_| NotAPosition)?;
        Ok(Self { topic, partition, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_from_its_text() {
        for topic in Topic::ALL {
            let position = Position { topic, partition: 23, offset: u64::MAX };
            assert_eq!(position.to_string().parse(), Ok(position));
        }
    }

    #[test]
    fn what_is_not_a_position_is_refused() {
        for text in ["", "messages", "messages:1", "chat:1:2", "messages:1:2:3", "messages:-1:2", "messages:1:x"] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
