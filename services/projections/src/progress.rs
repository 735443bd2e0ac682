//! The progress of a projection.

use threadline_domain::Offset;

/// How far a projection has followed one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The offset of the next record to apply: everything below it is in the projection.
    pub next: Offset,
    /// The cause of the last event applied. An event whose cause is not above it is a duplicate. `None` at the start.
    pub cause: Option<Offset>,
}
