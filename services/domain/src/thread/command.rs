//! The commands of a thread.

use std::sync::Arc;

use crate::thread::{Kind, MessageKind, Role};
use crate::{Actor, MessageId, Metadata, Text, ThreadId, Timestamp, UserId};

/// A command for one thread: who asks for what, and when. Carries everything that `decide` needs besides the state: the
/// ids and the time too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub thread: ThreadId,
    pub actor: Actor,
    /// When the client asked; becomes the event's time.
    pub at: Timestamp,
    pub action: Action,
}

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Create(CreateThread),
    Change(ChangeThread),
    /// Archives the thread: no new messages and members.
    Archive,
    AddMember {
        user: UserId,
        role: Role,
    },
    /// Removes a member; one's own id means to leave.
    RemoveMember {
        user: UserId,
    },
    ChangeRole {
        user: UserId,
        role: Role,
    },
    /// Posts a message.
    Post(PostMessage),
    /// Replace a message's content.
    Edit(EditMessage),
    /// Deletes a message; its tombstone stays.
    Delete {
        message: MessageId,
    },
}

/// Creates a thread. A person who creates one is its owner; in a dm both people are members. A service that creates one
/// stays outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateThread {
    pub kind: Kind,
    /// What the thread is for, such as `project_305`; its id must be [`ThreadId::of_key`] of this.
    pub key: Option<Arc<str>>,
    pub title: Option<Text>,
    pub metadata: Metadata,
    /// The other people; naming the creator again is harmless.
    pub participants: Vec<UserId>,
}

/// Changes a thread; `None` leaves a part as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeThread {
    /// The new title; `Some(None)` removes it.
    pub title: Option<Option<Text>>,
    /// The new metadata, which replaces all of the old.
    pub metadata: Option<Metadata>,
}

/// Posts a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostMessage {
    /// Minted by the client; the idempotency key.
    pub message: MessageId,
    pub kind: MessageKind,
    pub content: Text,
    pub metadata: Metadata,
    /// The message it replies to, in the same thread.
    pub reply_to: Option<MessageId>,
}

/// Replace a message's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditMessage {
    pub message: MessageId,
    pub content: Text,
    /// The new metadata; `None` keeps the old.
    pub metadata: Option<Metadata>,
}
