//! Bodies of REST requests, read strictly. The `…Body` types describe them for OpenAPI.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use threadline_domain::thread::{ChangeThread, CreateThread, EditMessage, MessageKind as Kind, PostMessage, Role};
use threadline_domain::{MessageId, Text, UserId};
use utoipa::ToSchema;

use super::{Fields, ThreadKind, raw};
use crate::{ErrorCode, RequestError};

/// Creates a thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateThreadBody {
    pub kind: ThreadKind,
    /// The people in it; the creator need not be named.
    #[schema(max_items = 1_000)]
    pub participants: Vec<String>,
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// What the thread is for, such as `project_305`; only one thread has a key.
    #[schema(min_length = 1, max_length = 200)]
    pub key: Option<String>,
    /// Data of the product, up to 8,192 bytes as JSON.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// Reads the body that [`CreateThreadBody`] describes. Errors name the field.
pub fn create_thread(json: &[u8]) -> Result<CreateThread, RequestError> {
    read(json, |fields| {
        let kind = fields.named("kind", "dm, group, channel")?;
        Ok(CreateThread {
            kind: fields.required("kind", kind)?,
            key: fields.optional_text("key")?.map(Arc::from),
            title: fields.optional_text("title")?.map(Text::from),
            metadata: fields.optional_metadata("metadata")?.unwrap_or_default(),
            participants: fields.users("participants")?,
        })
    })
}

/// Changes a thread; a part that is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeThreadBody {
    /// The new title; null removes it.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// The new metadata, which replaces all of the old.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// Reads the body that [`ChangeThreadBody`] describes. Errors name the field.
pub fn change_thread(json: &[u8]) -> Result<ChangeThread, RequestError> {
    read(json, |fields| {
        Ok(ChangeThread { title: fields.nullable_text("title")?, metadata: fields.optional_metadata("metadata")? })
    })
}

/// Adds a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMemberBody {
    #[schema(min_length = 1, max_length = 128)]
    pub user: String,
    /// `member` if absent.
    pub role: Option<super::Role>,
}

/// Reads the body that [`AddMemberBody`] describes. Errors name the field.
pub fn add_member(json: &[u8]) -> Result<(UserId, Role), RequestError> {
    read(json, |fields| Ok((fields.user("user")?, fields.named("role", ROLES)?.unwrap_or(Role::Member))))
}

/// Changes a member's role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRoleBody {
    pub role: super::Role,
}

/// Reads the body that [`ChangeRoleBody`] describes. Errors name the field.
pub fn change_role(json: &[u8]) -> Result<Role, RequestError> {
    read(json, |fields| {
        let role = fields.named("role", ROLES)?;
        fields.required("role", role)
    })
}

const ROLES: &str = "owner, admin, member";

/// Posts a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostMessageBody {
    /// A UUIDv7, the idempotency key; minted if absent.
    pub id: Option<uuid::Uuid>,
    /// `text` if absent. People post `text`, `voice` and `file`; services also the others.
    pub kind: Option<super::MessageKind>,
    #[schema(max_length = 10_000)]
    pub content: String,
    /// Data of the product, up to 8,192 bytes as JSON.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// The message that this one replies to, in the same thread.
    pub reply_to: Option<uuid::Uuid>,
    /// Reserved: absent or empty.
    #[schema(value_type = Option<Vec<Object>>)]
    pub attachments: Option<Vec<Value>>,
}

/// Reads [`PostMessageBody`]; a message without an id gets `default_id`.
pub fn post_message(json: &[u8], default_id: MessageId) -> Result<PostMessage, RequestError> {
    read(json, |fields| message(fields, Some(default_id)))
}

/// Replaces a message's content.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMessageBody {
    /// The new text.
    #[schema(max_length = 10_000)]
    pub content: String,
    /// The new metadata; the old stays if absent.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// Reads [`EditMessageBody`] for this message.
pub fn edit_message(json: &[u8], message: MessageId) -> Result<EditMessage, RequestError> {
    read(json, |fields| edit(fields, message))
}

/// Marks a thread as read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkReadBody {
    /// The number of the last message read; everything if absent.
    pub number: Option<u64>,
}

/// Reads the body that [`MarkReadBody`] describes, which may be missing; `None` is everything.
pub fn mark_read(json: &[u8]) -> Result<Option<u64>, RequestError> {
    if json.trim_ascii().is_empty() {
        return Ok(None);
    }
    read(json, |fields| fields.optional_number("number"))
}

/// Reads the message of a post. The domain's rules say who may post which kind.
pub(crate) fn message(fields: &mut Fields<'_>, default_id: Option<MessageId>) -> Result<PostMessage, RequestError> {
    let id = fields.optional_message("id")?.or(default_id);
    let kind = fields.named("kind", KINDS)?.unwrap_or(Kind::Text);
    if let Some(attachments) = fields.take("attachments")
        && !raw::array(attachments).is_some_and(|attachments| attachments.is_empty())
    {
        return Err(fields.invalid("attachments", "must be absent or empty"));
    }
    Ok(PostMessage {
        message: fields.required("id", id)?,
        kind,
        content: fields.text("content")?.into(),
        metadata: fields.optional_metadata("metadata")?.unwrap_or_default(),
        reply_to: fields.optional_message("reply_to")?,
    })
}

const KINDS: &str = "text, voice, file; of services also system, payment, dispute, job_update";

/// Reads the new content of an edit.
pub(crate) fn edit(fields: &mut Fields<'_>, message: MessageId) -> Result<EditMessage, RequestError> {
    Ok(EditMessage {
        message,
        content: fields.text("content")?.into(),
        metadata: fields.optional_metadata("metadata")?,
    })
}

/// Reads a body's object; refuses a field that `request` did not ask for.
pub(super) fn read<T>(
    json: &[u8],
    request: impl FnOnce(&mut Fields<'_>) -> Result<T, RequestError>,
) -> Result<T, RequestError> {
    let mut fields = Fields::parse(json)
        .map_err(|detail| RequestError::new(ErrorCode::InvalidField, format!("the body {detail}")))?;
    let read = request(&mut fields)?;
    fields.end().map(|()| read)
}
