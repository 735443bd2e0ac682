//! What waits in a session's queue, and how much of it was written.

use bytes::Bytes;

/// What waits in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queued {
    /// The payload of a text frame, the same for every session.
    Text(Bytes),
    /// Bytes for the wire as they are, such as a control frame.
    Raw(Bytes),
}

impl Queued {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Raw(bytes) => bytes.len(),
        }
    }
}

/// How much a writer has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Items that are written in full.
    pub items: usize,
    /// Bytes of the next item's wire form that are written.
    pub next_bytes: usize,
}

/// What is left after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// Whether nothing waits, or nothing may be written yet.
    pub is_empty: bool,
    /// Whether the session is to end, now or later.
    pub is_ending: bool,
}
