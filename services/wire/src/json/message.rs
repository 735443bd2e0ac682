//! Messages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use threadline_domain::thread::{self, MessagePosted};
use threadline_domain::{MessageId, Metadata, ThreadId};
use utoipa::ToSchema;

use super::{Time, object, text, text_or_null};

/// What sort of message it is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    System,
    Payment,
    Dispute,
    JobUpdate,
    Voice,
    File,
    #[cfg(feature = "fixture-newer")]
    Fixture,
}

/// A message as it stands now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Message<'a> {
    /// Its id, a UUIDv7.
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub id: MessageId,
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub thread: ThreadId,
    /// The seq of its posting.
    pub seq: u64,
    /// Its number among the thread's messages: 1, 2, 3 … without gaps.
    pub number: u64,
    /// Who posted it.
    pub sender: &'a str,
    #[serde(serialize_with = "text")]
    #[schema(value_type = MessageKind)]
    pub kind: thread::MessageKind,
    /// The text; empty when deleted, erased or superseded.
    pub content: &'a str,
    /// The product's own data; empty when deleted or erased.
    #[serde(serialize_with = "object")]
    #[schema(value_type = Object)]
    pub metadata: &'a Metadata,
    /// Whether the author's key was destroyed, so that the text is erased for good; the message keeps its number.
    /// Absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub erased: bool,
    /// Whether a later event replaced or deleted the content, which is left out here. Absent if not, and on messages as
    /// they are now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub superseded: bool,
    /// What is attached: nothing yet.
    #[schema(value_type = Vec<Object>)]
    pub attachments: [(); 0],
    /// The message it answers.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<uuid::Uuid>, required)]
    pub reply_to: Option<MessageId>,
    /// Who reacted with what.
    pub reactions: BTreeMap<&'a str, Vec<&'a str>>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// When it was posted.
    pub sent_at: Time,
    /// When it was last edited.
    #[schema(required)]
    pub edited_at: Option<Time>,
    /// When it was deleted.
    #[schema(required)]
    pub deleted_at: Option<Time>,
    /// Who deleted it: its sender, or one who may delete others' messages.
    #[schema(required)]
    pub deleted_by: Option<&'a str>,
    /// When it disappears.
    #[schema(required)]
    pub expires_at: Option<Time>,
}

impl<'a> Message<'a> {
    /// The message as it was posted by this event.
    pub fn posted(event: &'a thread::Event, posted: &'a MessagePosted) -> Self {
        Self {
            id: posted.message,
            thread: event.thread,
            seq: event.seq,
            number: posted.number,
            sender: event.actor.as_str(),
            kind: posted.kind,
            content: posted.content.as_open().unwrap_or_default(),
            metadata: &posted.metadata,
            erased: posted.content.as_open().is_none(),
            superseded: posted.content.is_withheld(),
            attachments: [],
            reply_to: posted.reply_to,
            reactions: BTreeMap::new(),
            pinned: false,
            sent_at: event.at.into(),
            edited_at: None,
            deleted_at: None,
            deleted_by: None,
            expires_at: None,
        }
    }
}
