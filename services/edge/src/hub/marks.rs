//! Read marks that the hub knows.

use threadline_domain::{Position, Timestamp};

/// The greatest mark of a user in a thread that has come.
pub(super) struct KnownMark {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    /// The mark's position in the log.
    pub(super) position: Position,
}
