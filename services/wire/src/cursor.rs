//! Where a client is in the log: an opaque text that any edge understands.

use std::collections::BTreeMap;

use threadline_domain::{Offset, Partition};

/// How far a client has received the `messages` topic: for each partition the offset of the next record.
/// As text: base64url of a version byte, the log's id and varints; opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The id of the log that the offsets belong to.
    pub log: String,
    /// The next offset, by partition.
    pub next: BTreeMap<Partition, Offset>,
}
