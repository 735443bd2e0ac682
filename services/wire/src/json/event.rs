//! Events as clients see them, on the socket and in a thread's timeline.

use serde::Serialize;
use threadline_domain::thread::{self, Kind, Role};
use threadline_domain::{MessageId, Metadata, Position, Text, ThreadId};
use utoipa::ToSchema;

use super::{JsonObject, Message, Time, object, text};

/// An event of a thread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Event<'a> {
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub thread: ThreadId,
    /// Its number in the thread: 1, 2, 3 … without gaps.
    pub seq: u64,
    /// Its position in the log, such as `messages:3:1234`.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub position: Position,
    pub event: Change<'a>,
}

/// What happened. `by` is the user or service that caused it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change<'a> {
    /// The thread was created; always seq 1.
    ThreadCreated {
        thread: CreatedThread<'a>,
        /// Who made it.
        by: &'a str,
    },
    /// The title or metadata changed; a part that is absent stayed.
    ThreadChanged {
        /// The new title; null if it was removed or erased.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        title: Option<Option<&'a str>>,
        /// The new metadata.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Object, required = false)]
        metadata: Option<JsonObject<'a>>,
        /// Who changed it.
        by: &'a str,
        at: Time,
    },
    /// The thread was closed to new messages and members.
    ThreadArchived {
        /// Who archived it.
        by: &'a str,
        archived_at: Time,
    },
    /// A member was added.
    MemberAdded {
        user: &'a str,
        #[serde(serialize_with = "text")]
        #[schema(value_type = super::Role)]
        role: Role,
        /// Who added them.
        by: &'a str,
        at: Time,
    },
    /// A member left (then `by` is the same) or was removed.
    MemberRemoved {
        user: &'a str,
        /// Who removed them.
        by: &'a str,
        at: Time,
    },
    /// A member's role changed.
    MemberRoleChanged {
        user: &'a str,
        #[serde(serialize_with = "text")]
        #[schema(value_type = super::Role)]
        role: Role,
        /// Who changed it.
        by: &'a str,
        at: Time,
    },
    /// A message was posted.
    MessagePosted { message: Message<'a> },
    /// A message's content was replaced.
    MessageEdited {
        #[serde(serialize_with = "text")]
        #[schema(value_type = uuid::Uuid)]
        message: MessageId,
        number: u64,
        /// The new text; empty if erased or superseded.
        content: &'a str,
        /// Whether the author's key was destroyed, so that the text is erased for good; absent if not.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        erased: bool,
        /// Whether a later event replaced or deleted the content, which is left out here; absent if not.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        superseded: bool,
        /// The new metadata; absent if it stayed.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Object, required = false)]
        metadata: Option<JsonObject<'a>>,
        /// Who edited it.
        by: &'a str,
        edited_at: Time,
    },
    /// A message was deleted; its tombstone stays.
    MessageDeleted {
        #[serde(serialize_with = "text")]
        #[schema(value_type = uuid::Uuid)]
        message: MessageId,
        number: u64,
        /// Who deleted it.
        by: &'a str,
        deleted_at: Time,
    },
}

/// A thread at its creation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreatedThread<'a> {
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub id: ThreadId,
    #[serde(serialize_with = "text")]
    #[schema(value_type = super::ThreadKind)]
    pub kind: Kind,
    /// The key: what the thread is for, such as `project_305`.
    #[schema(required)]
    pub key: Option<&'a str>,
    /// The title; null if there is none or it was erased.
    #[schema(required)]
    pub title: Option<&'a str>,
    /// Data of the product.
    #[serde(serialize_with = "object")]
    #[schema(value_type = Object)]
    pub metadata: &'a Metadata,
    /// Everyone in it, the creator first.
    pub members: Vec<NewMember<'a>>,
    /// When it was created.
    pub created_at: Time,
}

/// A member from the creation on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewMember<'a> {
    pub user: &'a str,
    #[serde(serialize_with = "text")]
    #[schema(value_type = super::Role)]
    pub role: Role,
}

impl<'a> Event<'a> {
    /// As clients see the event that lies at this position.
    pub fn new(position: Position, event: &'a thread::Event) -> Self {
        Self { thread: event.thread, seq: event.seq, position, event: Change::of(event) }
    }
}

impl<'a> Change<'a> {
    /// As clients see what the event changed.
    pub fn of(event: &'a thread::Event) -> Self {
        let (by, at) = (event.actor.as_str(), Time(event.at));
        match &event.change {
            thread::Change::ThreadCreated(created) => Self::ThreadCreated {
                thread: CreatedThread {
                    id: event.thread,
                    kind: created.kind,
                    key: created.key.as_deref(),
                    title: created.title.as_ref().and_then(Text::as_open),
                    metadata: &created.metadata,
                    members: created.members.iter().map(NewMember::of).collect(),
                    created_at: at,
                },
                by,
            },
            thread::Change::ThreadChanged(changed) => Self::ThreadChanged {
                title: changed.title.as_ref().map(|title| title.as_ref().and_then(Text::as_open)),
                metadata: changed.metadata.as_ref().map(JsonObject),
                by,
                at,
            },
            thread::Change::ThreadArchived => Self::ThreadArchived { by, archived_at: at },
            thread::Change::MemberAdded { user, role } => {
                Self::MemberAdded { user: user.as_str(), role: *role, by, at }
            }
            thread::Change::MemberRemoved { user } => Self::MemberRemoved { user: user.as_str(), by, at },
            thread::Change::MemberRoleChanged { user, role } => {
                Self::MemberRoleChanged { user: user.as_str(), role: *role, by, at }
            }
            thread::Change::MessagePosted(posted) => Self::MessagePosted { message: Message::posted(event, posted) },
            thread::Change::MessageEdited { message, number, content, metadata } => Self::MessageEdited {
                message: *message,
                number: *number,
                content: content.as_open().unwrap_or_default(),
                erased: content.as_open().is_none(),
                superseded: content.is_withheld(),
                metadata: metadata.as_ref().map(JsonObject),
                by,
                edited_at: at,
            },
            thread::Change::MessageDeleted { message, number } => {
                Self::MessageDeleted { message: *message, number: *number, by, deleted_at: at }
            }
        }
    }
}

impl<'a> NewMember<'a> {
    fn of(member: &'a thread::Member) -> Self {
        Self { user: member.user.as_str(), role: member.role }
    }
}
