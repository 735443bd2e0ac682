//! What can be asked of a thread.

use std::sync::Arc;

use crate::thread::{Kind, MessageKind, Role};
use crate::{Actor, MessageId, Metadata, Text, ThreadId, Timestamp, UserId};

/// A command for one thread: who asks for what, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The thread.
    pub thread: ThreadId,
    /// Who asks.
    pub actor: Actor,
    /// When it was asked; becomes the event's time.
    pub at: Timestamp,
    /// What is asked.
    pub action: Action,
}

/// What is asked of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the thread.
    Create(CreateThread),
    /// Change title or metadata.
    Change(ChangeThread),
    /// Close it for ever to new messages and members.
    Archive,
    /// Take in a member.
    AddMember {
        /// Who comes in.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// Put out a member; one's own id means to leave.
    RemoveMember {
        /// Who goes.
        user: UserId,
    },
    /// Give a member another role.
    ChangeRole {
        /// Whose.
        user: UserId,
        /// Which.
        role: Role,
    },
    /// Post a message.
    Post(PostMessage),
    /// Replace a message's content.
    Edit(EditMessage),
    /// Take a message back; its tombstone stays.
    Delete {
        /// Which.
        message: MessageId,
    },
}

/// Make a thread. A person who makes one is in it, as its owner; in a dm both are members alike. A service that makes one
/// stays outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateThread {
    /// What sort.
    pub kind: Kind,
    /// What it is for, such as `project_305`; the thread's id must be [`ThreadId::of_key`] of it.
    pub key: Option<Arc<str>>,
    /// Its title.
    pub title: Option<Text>,
    /// The product's own data.
    pub metadata: Metadata,
    /// The other people in it; naming the creator again is harmless.
    pub participants: Vec<UserId>,
}

/// Change a thread; `None` leaves a part as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeThread {
    /// The new title; `Some(None)` takes it away.
    pub title: Option<Option<Text>>,
    /// The new metadata, replacing all of the old.
    pub metadata: Option<Metadata>,
}

/// Post a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostMessage {
    /// Minted by the client; the idempotency key.
    pub message: MessageId,
    /// What sort.
    pub kind: MessageKind,
    /// The text.
    pub content: Text,
    /// The product's own data.
    pub metadata: Metadata,
    /// The message it answers, in the same thread.
    pub reply_to: Option<MessageId>,
}

/// Replace a message's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditMessage {
    /// Which message.
    pub message: MessageId,
    /// The new text.
    pub content: Text,
    /// The new metadata; `None` keeps the old.
    pub metadata: Option<Metadata>,
}
