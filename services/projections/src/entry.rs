//! Records of the log as projections take them in.

use bytes::Bytes;
use threadline_domain::thread::Event;
use threadline_domain::{LostEvent, Offset, Partition, ReadMark, ThreadId, UserProfile};

/// What a record says.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An event of a thread.
    Event(Recorded),
    /// An event of a thread whose body cannot be read or applied.
    Lost(Lost),
    /// A read mark.
    Mark(Mark),
    /// A user's name.
    User(UserProfile),
}

/// An event with its position in the log.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its offset in the `messages` partition.
    pub offset: Offset,
    /// The offset of the command that caused it.
    pub cause: Offset,
    /// The record's value as it lies in the log: the timeline keeps it as it is.
    pub value: Bytes,
    /// The event read from it.
    pub event: Event,
}

/// What its headers tell of an event whose body is no use. It takes its numbers all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its offset in the `messages` partition.
    pub offset: Offset,
    /// Its numbers.
    pub event: LostEvent<ThreadId>,
    /// The record's value as it lies in the log.
    pub value: Bytes,
}

/// A read mark, and where its thread's events are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The mark.
    pub mark: ReadMark,
    /// The partition of `messages` that its thread lives in.
    pub thread_partition: Partition,
}
