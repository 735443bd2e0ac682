//! Records of the log as projections take them.

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

/// An event with its offsets.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its offset in the `messages` partition.
    pub offset: Offset,
    /// The offset of the command that caused it.
    pub cause: Offset,
    /// The record's value, which the timeline keeps as it is.
    pub value: Bytes,
    /// The event read from it.
    pub event: Event,
}

/// An event whose body is corrupt, as far as its headers tell. Its numbers count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its offset in the `messages` partition.
    pub offset: Offset,
    pub event: LostEvent<ThreadId>,
    /// The record's value, unchanged.
    pub value: Bytes,
}

/// A read mark, and where its thread's events are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub mark: ReadMark,
    /// The partition of `messages` that its thread lives in.
    pub thread_partition: Partition,
}
