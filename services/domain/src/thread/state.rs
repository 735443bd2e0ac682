//! The state of a thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::thread::{Kind, Role};
use crate::{Actor, MessageId, Metadata, Text, Timestamp, UserId};

/// A member and its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub role: Role,
}

/// A thread as its rules see it. The default is the thread before its creation.
///
/// Keeps the facts of the messages with the newest ids only (at most [`crate::limits::KNOWN_MESSAGES_MAX`], and a few
/// looked-up ones): an id above `known_floor` that is not in `known` was never used; at or below it, the fact must be
/// looked up (decision 8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// `None` before creation.
    pub kind: Option<Kind>,
    pub key: Option<Arc<str>>,
    pub title: Option<Text>,
    pub metadata: Metadata,
    pub members: BTreeMap<UserId, Role>,
    pub created_at: Timestamp,
    pub archived_at: Option<Timestamp>,
    /// The seq of its last event; 0 before creation.
    pub last_seq: u64,
    /// The number of its last message; 0 before the first.
    pub last_number: u64,
    /// Facts of messages. `None` is the fact that an id was never used.
    pub known: BTreeMap<MessageId, Option<MessageFact>>,
    /// The highest id whose fact may be missing from `known`.
    pub known_floor: Option<MessageId>,
}

/// What the rules need to know of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFact {
    /// The seq of its posting.
    pub seq: u64,
    pub number: u64,
    /// Who posted it.
    pub sender: Actor,
    /// When it was posted.
    pub sent_at: Timestamp,
    /// A digest of the body it was posted with (kind, content, metadata, reply_to): tells a retry from a conflict.
    pub posted_digest: Uuid,
    /// A digest of its last edit (content, metadata), if it was edited: tells a repeated edit.
    pub edited_digest: Option<Uuid>,
    /// The seq of the event that last changed it: its posting, edit or deletion.
    pub changed_seq: u64,
    /// The time of that event.
    pub changed_at: Timestamp,
    pub deleted: bool,
}
