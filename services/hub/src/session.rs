//! What the hub asks of a session.

use bytes::Bytes;

/// Whether the driver has to flush a session after a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedsFlush {
    /// The queue was empty before.
    Yes,
    /// The session is listed already, or closed.
    No,
}

/// A session, as the driver implements it.
pub trait Session {
    /// Appends a frame to the session's queue. Must not block: the hub calls it under the lock of a shard.
    fn push(&self, frame: &Bytes) -> NeedsFlush;
}
