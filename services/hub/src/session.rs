//! The hub's view of a session.

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
///
/// ```text
/// hub.publish ─▶ push(frame) ─▶ NeedsFlush::Yes ─▶ Outputs::flush ─▶ the driver writes the queue to the socket
/// ```
///
/// A session cannot refuse a frame: one that is full or lost ends itself and answers `No`.
pub trait Session {
    /// Appends a frame to the session's queue. Must not block: the hub calls it under the lock of a shard.
    fn push(&self, frame: &Bytes) -> NeedsFlush;
}
