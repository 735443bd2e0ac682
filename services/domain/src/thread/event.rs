//! The events of a thread.

use std::sync::Arc;

use crate::thread::{EventKind, Kind, Member, MessageKind, Outcome, Role};
use crate::{Actor, MessageId, Metadata, Text, ThreadId, Timestamp, UserId};

/// Something that happened to one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub thread: ThreadId,
    /// The event's number in the thread: 1, 2, 3 … without gaps.
    pub seq: u64,
    /// Who caused it.
    pub actor: Actor,
    /// When the client asked for it.
    pub at: Timestamp,
    pub change: Change,
}

impl Event {
    /// Returns the outcome that the client of its command gets.
    pub fn outcome(&self) -> Outcome {
        let (message, number) = match &self.change {
            Change::MessagePosted(posted) => (Some(posted.message), Some(posted.number)),
            Change::MessageEdited { message, number, .. } | Change::MessageDeleted { message, number } => {
                (Some(*message), Some(*number))
            }
            _ => (None, None),
        };
        Outcome { seq: self.seq, message, number, at: self.at }
    }
}

/// What happened to a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The thread was created; always seq 1.
    ThreadCreated(ThreadCreated),
    /// The title or the metadata changed.
    ThreadChanged(ThreadChanged),
    /// The thread was archived.
    ThreadArchived,
    /// A member was added.
    MemberAdded { user: UserId, role: Role },
    /// A member left (the actor) or was removed.
    MemberRemoved { user: UserId },
    /// A member's role changed.
    MemberRoleChanged { user: UserId, role: Role },
    /// A message was posted.
    MessagePosted(MessagePosted),
    /// A message's content was replaced.
    MessageEdited {
        message: MessageId,
        number: u64,
        /// The new text.
        content: Text,
        /// The new metadata; `None` kept the old.
        metadata: Option<Metadata>,
    },
    /// A message was taken back.
    MessageDeleted { message: MessageId, number: u64 },
}

impl Change {
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::ThreadCreated(_) => EventKind::ThreadCreated,
            Self::ThreadChanged(_) => EventKind::ThreadChanged,
            Self::ThreadArchived => EventKind::ThreadArchived,
            Self::MemberAdded { .. } => EventKind::MemberAdded,
            Self::MemberRemoved { .. } => EventKind::MemberRemoved,
            Self::MemberRoleChanged { .. } => EventKind::MemberRoleChanged,
            Self::MessagePosted(_) => EventKind::MessagePosted,
            Self::MessageEdited { .. } => EventKind::MessageEdited,
            Self::MessageDeleted { .. } => EventKind::MessageDeleted,
        }
    }

    /// Returns the event type's name in the contract, such as `message_posted`.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Returns the number that the event gives to a message; only a posting gives one.
    pub const fn new_number(&self) -> Option<u64> {
        match self {
            Self::MessagePosted(posted) => Some(posted.number),
            _ => None,
        }
    }
}

/// A thread was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadCreated {
    pub kind: Kind,
    pub key: Option<Arc<str>>,
    pub title: Option<Text>,
    pub metadata: Metadata,
    /// Everyone in it: the creator first, the others in the order named.
    pub members: Vec<Member>,
}

/// A thread's title or metadata changed; `None` says that the part stayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadChanged {
    /// The new title; `Some(None)` removed it.
    pub title: Option<Option<Text>>,
    /// The new metadata.
    pub metadata: Option<Metadata>,
}

/// A message was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePosted {
    pub message: MessageId,
    /// Its number among the thread's messages: 1, 2, 3 … without gaps.
    pub number: u64,
    pub kind: MessageKind,
    pub content: Text,
    pub metadata: Metadata,
    /// The message it replies to.
    pub reply_to: Option<MessageId>,
}
