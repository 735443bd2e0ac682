//! What can happen to a thread.

use std::sync::Arc;

use crate::thread::{EventKind, Kind, Member, MessageKind, Outcome, Role};
use crate::{Actor, MessageId, Metadata, Text, ThreadId, Timestamp, UserId};

/// Something that happened to one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The thread.
    pub thread: ThreadId,
    /// The event's place in the thread: 1, 2, 3 … without holes.
    pub seq: u64,
    /// Who caused it.
    pub actor: Actor,
    /// When it was asked for.
    pub at: Timestamp,
    /// What happened.
    pub change: Change,
}

impl Event {
    /// What its command led to: the answer to whoever asked.
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
    /// It was made; always seq 1.
    ThreadCreated(ThreadCreated),
    /// Its title or metadata changed.
    ThreadChanged(ThreadChanged),
    /// It was closed.
    ThreadArchived,
    /// Someone came in.
    MemberAdded {
        /// Who.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// Someone left (the actor) or was put out.
    MemberRemoved {
        /// Who.
        user: UserId,
    },
    /// Someone's role changed.
    MemberRoleChanged {
        /// Whose.
        user: UserId,
        /// To which.
        role: Role,
    },
    /// A message was posted.
    MessagePosted(MessagePosted),
    /// A message's content was replaced.
    MessageEdited {
        /// Which.
        message: MessageId,
        /// Its number.
        number: u64,
        /// The new text.
        content: Text,
        /// The new metadata; `None` kept the old.
        metadata: Option<Metadata>,
    },
    /// A message was taken back.
    MessageDeleted {
        /// Which.
        message: MessageId,
        /// Its number.
        number: u64,
    },
}

impl Change {
    /// What sort of event it is.
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

    /// The event type's name in the contract, such as `message_posted`.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// The number that the event gives to a message; only a posting does.
    pub const fn new_number(&self) -> Option<u64> {
        match self {
            Self::MessagePosted(posted) => Some(posted.number),
            _ => None,
        }
    }
}

/// A thread was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadCreated {
    /// What sort.
    pub kind: Kind,
    /// What it is for.
    pub key: Option<Arc<str>>,
    /// Its title.
    pub title: Option<Text>,
    /// The product's own data.
    pub metadata: Metadata,
    /// Everyone in it: the person who made it first, the others in the order named.
    pub members: Vec<Member>,
}

/// A thread's title or metadata changed; `None` says that the part stayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadChanged {
    /// The new title; `Some(None)` took it away.
    pub title: Option<Option<Text>>,
    /// The new metadata.
    pub metadata: Option<Metadata>,
}

/// A message was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePosted {
    /// Its id.
    pub message: MessageId,
    /// Its place among the thread's messages: 1, 2, 3 … without holes.
    pub number: u64,
    /// What sort.
    pub kind: MessageKind,
    /// The text.
    pub content: Text,
    /// The product's own data.
    pub metadata: Metadata,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
}
