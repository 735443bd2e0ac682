//! What the hub knows of a thread, and the result of publishing an event.

use threadline_domain::{Offset, ThreadId};

use crate::entry::Event;

/// What a hub knows of a thread with local members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadState {
    /// The seq of the last event.
    pub last_seq: u64,
    /// The number of the last message.
    pub last_number: u64,
}

impl ThreadState {
    pub(crate) fn advance(&mut self, seq: u64, number: Option<u64>) {
        self.last_seq = self.last_seq.max(seq);
        self.last_number = self.last_number.max(number.unwrap_or_default());
    }
}

/// An event that nobody can read: what its headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The event's thread.
    pub thread: ThreadId,
    pub seq: u64,
    /// The number of its message.
    pub number: Option<u64>,
    pub cause: Offset,
    pub offset: Offset,
}

/// The result of publishing an event.
#[derive(Debug)]
pub enum Published {
    /// Every local receiver has it in its queue, and the ring holds it.
    Delivered,
    /// The event was published before.
    Duplicate,
    /// Nothing was delivered: a local session needs the event's frame. The driver encodes it and publishes again.
    FrameWanted(Box<Event>),
}
