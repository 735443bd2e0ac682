//! Events as the hub takes and keeps them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use threadline_domain::thread::{TextChange, TextParts};
use threadline_domain::{Offset, Position, ThreadId};

use crate::audience::{Audience, Membership};

/// An event record, as the driver hands it to the hub. The hub never decodes `value`.
#[derive(Clone, Debug)]
pub struct Event {
    /// The record's position.
    pub position: Position,
    /// The offset of the command that caused it. Causes rise within a partition; the hub drops an event whose cause does
    /// not.
    pub cause: Offset,
    /// Who receives it.
    pub audience: Audience,
    /// Whose membership it changes; only events for a thread change any.
    pub membership: Membership,
    /// The event's number within its aggregate.
    pub seq: u64,
    /// The number of the message that it posts.
    pub number: Option<u64>,
    /// How it changes the text of a message.
    pub text_change: Option<TextChange>,
    /// The record's value. The driver encodes a frame from it when a resuming session needs one.
    pub value: Bytes,
}

/// What live sessions receive for an event.
#[derive(Clone, Debug)]
pub enum Content {
    /// The driver has not encoded a frame. [`crate::Hub::publish`] asks for one when a local session needs it.
    NotEncoded,
    /// The event's frame. The ring keeps it.
    Frame(Bytes),
    /// A frame in place of the event's own, such as a resync. The ring does not keep it.
    Substitute(Bytes),
}

impl Content {
    /// Returns the frame that live sessions receive.
    pub(crate) fn frame(&self) -> Option<&Bytes> {
        match self {
            Self::NotEncoded => None,
            Self::Frame(frame) | Self::Substitute(frame) => Some(frame),
        }
    }
}

/// An event in a ring. Sessions that resume share it, so nobody copies it.
#[derive(Debug)]
pub struct Entry {
    pub event: Event,
    state: Mutex<EntryState>,
}

#[derive(Debug, Default)]
struct EntryState {
    frame: Option<Bytes>,
    /// The parts of the event's text that a later event of the ring replaced or deleted.
    withheld: TextParts,
}

impl Entry {
    pub(crate) fn new(event: Event, content: Content) -> Self {
        let frame = match content {
            Content::Frame(frame) => Some(frame),
            Content::NotEncoded | Content::Substitute(_) => None,
        };
        Self { event, state: Mutex::new(EntryState { frame, withheld: TextParts::default() }) }
    }

    /// Returns the event's offset.
    pub fn offset(&self) -> Offset {
        self.event.position.offset
    }

    /// Returns the event's thread; `None` for an event that names its users.
    pub fn thread(&self) -> Option<ThreadId> {
        match self.event.audience {
            Audience::Thread(thread) => Some(thread),
            Audience::Users(_) => None,
        }
    }

    /// Returns the frame, if somebody has encoded it.
    pub fn frame(&self) -> Option<Bytes> {
        self.lock().frame.clone()
    }

    /// Returns the parts of the event's text that a later event replaced or deleted. The driver encodes frames without them.
    pub fn withheld(&self) -> TextParts {
        self.lock().withheld
    }

    /// Keeps the frame, encoded without these parts, for the next session that resumes. The first frame wins; one with a
    /// text that was replaced or deleted meanwhile is not state.
    pub fn keep_frame(&self, frame: Bytes, withheld: TextParts) -> Bytes {
        let mut state = self.lock();
        if state.withheld == withheld { state.frame.get_or_insert(frame).clone() } else { frame }
    }

    /// Drops the frame, which may hold a text whose key was destroyed.
    pub(crate) fn forget_frame(&self) {
        self.lock().frame = None;
    }

    /// Notes that a later event replaced or deleted these parts.
    pub(crate) fn withhold(&self, parts: TextParts) {
        let mut state = self.lock();
        let withheld = state.withheld.or(parts);
        if withheld != state.withheld {
            *state = EntryState { frame: None, withheld };
        }
    }

    fn lock(&self) -> MutexGuard<'_, EntryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
