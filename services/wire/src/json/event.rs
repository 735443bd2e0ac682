//! Events as clients see them, on the socket and in a thread's timeline.

use serde::Serialize;
use threadline_domain::thread::{self, Kind, Role};
use threadline_domain::{MessageId, Metadata, Position, Text, ThreadId};
use utoipa::ToSchema;

use super::{JsonObject, Message, Time, object, text};

/// Something that happened in a thread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Event<'a> {
    /// The thread.
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub thread: ThreadId,
    /// Its place in the thread: 1, 2, 3 … without holes.
    pub seq: u64,
    /// Its place in the log, such as `messages:3:1234`.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub position: Position,
    /// What happened.
    pub event: Change<'a>,
}

/// What happened. `by` is who caused it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change<'a> {
    /// The thread was made; always seq 1.
    ThreadCreated {
        /// The thread.
        thread: CreatedThread<'a>,
        /// Who made it.
        by: &'a str,
    },
    /// Title or metadata changed; what is absent stayed as it was.
    ThreadChanged {
        /// The new title; null takes it away, or says that it was erased.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        title: Option<Option<&'a str>>,
        /// The new metadata.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Object, required = false)]
        metadata: Option<JsonObject<'a>>,
        /// Who changed it.
        by: &'a str,
        /// When.
        at: Time,
    },
    /// The thread was closed to new messages and members.
    ThreadArchived {
        /// Who archived it.
        by: &'a str,
        /// When.
        archived_at: Time,
    },
    /// Someone came in.
    MemberAdded {
        /// Who.
        user: &'a str,
        /// As what.
        #[serde(serialize_with = "text")]
        #[schema(value_type = super::Role)]
        role: Role,
        /// Who added them.
        by: &'a str,
        /// When.
        at: Time,
    },
    /// Someone left (then `by` is the same) or was put out.
    MemberRemoved {
        /// Who.
        user: &'a str,
        /// Who removed them.
        by: &'a str,
        /// When.
        at: Time,
    },
    /// Someone's role changed.
    MemberRoleChanged {
        /// Whose.
        user: &'a str,
        /// To which.
        #[serde(serialize_with = "text")]
        #[schema(value_type = super::Role)]
        role: Role,
        /// Who changed it.
        by: &'a str,
        /// When.
        at: Time,
    },
    /// A message was posted.
    MessagePosted {
        /// The message.
        message: Message<'a>,
    },
    /// A message's content was replaced.
    MessageEdited {
        /// Which.
        #[serde(serialize_with = "text")]
        #[schema(value_type = uuid::Uuid)]
        message: MessageId,
        /// Its number.
        number: u64,
        /// The new text; empty when erased or superseded.
        content: &'a str,
        /// Whether what its author typed was erased for ever; absent when it was not.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        erased: bool,
        /// Whether a later event replaced or deleted the content, which is left out here; absent when none did.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        superseded: bool,
        /// The new metadata; absent when it stayed.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Object, required = false)]
        metadata: Option<JsonObject<'a>>,
        /// Who edited it.
        by: &'a str,
        /// When.
        edited_at: Time,
    },
    /// A message was deleted; its tombstone stays.
    MessageDeleted {
        /// Which.
        #[serde(serialize_with = "text")]
        #[schema(value_type = uuid::Uuid)]
        message: MessageId,
        /// Its number.
        number: u64,
        /// Who deleted it.
        by: &'a str,
        /// When.
        deleted_at: Time,
    },
}

/// A thread as it was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreatedThread<'a> {
    /// Its id.
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub id: ThreadId,
    /// What sort.
    #[serde(serialize_with = "text")]
    #[schema(value_type = super::ThreadKind)]
    pub kind: Kind,
    /// What it is for.
    #[schema(required)]
    pub key: Option<&'a str>,
    /// Its title; null when there is none, or it was erased.
    #[schema(required)]
    pub title: Option<&'a str>,
    /// The product's own data.
    #[serde(serialize_with = "object")]
    #[schema(value_type = Object)]
    pub metadata: &'a Metadata,
    /// Everyone in it, the person who made it first.
    pub members: Vec<NewMember<'a>>,
    /// When it was made.
    pub created_at: Time,
}

/// Someone who is in a thread from its creation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewMember<'a> {
    /// Who.
    pub user: &'a str,
    /// As what.
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
