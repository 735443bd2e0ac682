//! Bodies of REST requests, read strictly. The `…Body` types describe them for OpenAPI.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use threadline_domain::thread::{ChangeThread, CreateThread, EditMessage, MessageKind as Kind, PostMessage, Role};
use threadline_domain::{MessageId, Text, UserId};
use utoipa::ToSchema;

use super::{Fields, ThreadKind, raw};
use crate::{ErrorCode, RequestError};

/// Makes a thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateThreadBody {
    /// What sort.
    pub kind: ThreadKind,
    /// The people in it; the creator need not be named.
    #[schema(max_items = 1_000)]
    pub participants: Vec<String>,
    /// Its title.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// What it is for, such as `project_305`: there is one thread with a key.
    #[schema(min_length = 1, max_length = 200)]
    pub key: Option<String>,
    /// The product's own data.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// Reads [`CreateThreadBody`].
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

/// Changes a thread; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeThreadBody {
    /// The new title; null takes it away.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// The new metadata, replacing all of the old.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// Reads [`ChangeThreadBody`].
pub fn change_thread(json: &[u8]) -> Result<ChangeThread, RequestError> {
    read(json, |fields| {
        Ok(ChangeThread { title: fields.nullable_text("title")?, metadata: fields.optional_metadata("metadata")? })
    })
}

/// Takes in a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMemberBody {
    /// Who.
    #[schema(min_length = 1, max_length = 128)]
    pub user: String,
    /// As what; `member` when absent.
    pub role: Option<super::Role>,
}

/// Reads [`AddMemberBody`].
pub fn add_member(json: &[u8]) -> Result<(UserId, Role), RequestError> {
    read(json, |fields| Ok((fields.user("user")?, fields.named("role", ROLES)?.unwrap_or(Role::Member))))
}

/// Gives a member another role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRoleBody {
    /// Which.
    pub role: super::Role,
}

/// Reads [`ChangeRoleBody`].
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
    /// A UUIDv7, the idempotency key; minted when absent.
    pub id: Option<uuid::Uuid>,
    /// What sort; `text` when absent. People post `text`, `voice` and `file`, services the others too.
    pub kind: Option<super::MessageKind>,
    /// The text.
    #[schema(max_length = 10_000)]
    pub content: String,
    /// The product's own data.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// The message it answers.
    pub reply_to: Option<uuid::Uuid>,
    /// None can be attached yet: absent or empty.
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
    /// The new metadata; absent: the old stays.
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
    /// Up to which message; absent: everything.
    pub number: Option<u64>,
}

/// Reads [`MarkReadBody`], which may be left out altogether; `None` is everything.
pub fn mark_read(json: &[u8]) -> Result<Option<u64>, RequestError> {
    if json.trim_ascii().is_empty() {
        return Ok(None);
    }
    read(json, |fields| fields.optional_number("number"))
}

/// The message of a post. Who may post which kind is the domain's rule.
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

/// The new content of an edit.
pub(crate) fn edit(fields: &mut Fields<'_>, message: MessageId) -> Result<EditMessage, RequestError> {
    Ok(EditMessage {
        message,
        content: fields.text("content")?.into(),
        metadata: fields.optional_metadata("metadata")?,
    })
}

/// Reads a body's object; a field that `request` did not ask for is refused.
pub(super) fn read<T>(
    json: &[u8],
    request: impl FnOnce(&mut Fields<'_>) -> Result<T, RequestError>,
) -> Result<T, RequestError> {
    let mut fields = Fields::parse(json)
        .map_err(|detail| RequestError::new(ErrorCode::InvalidField, format!("the body {detail}")))?;
    let read = request(&mut fields)?;
    fields.end().map(|()| read)
}
