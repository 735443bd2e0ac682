//! Describes the requests; [`super::ClientFrame`] reads them field by field.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::json::MessageKind;

/// A request of a client. Every request may also have an `id`.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "a description: nothing is built of it")]
pub(super) enum Requests {
    /// Signs in: the first frame, unless the URL has the token.
    Hello {
        #[schema(max_length = 16_384)]
        token: String,
        /// Where to resume: the cursor of the last frame that had one.
        cursor: Option<String>,
    },
    /// Posts a message. Repeating it with the same id changes nothing.
    Send { thread: uuid::Uuid, message: SentMessage },
    /// Replaces a message's content.
    Edit {
        thread: uuid::Uuid,
        message: uuid::Uuid,
        /// The new text.
        #[schema(max_length = 10_000)]
        content: String,
        /// The new metadata; the old stays if absent.
        #[schema(value_type = Option<Object>)]
        metadata: Option<Value>,
    },
    /// Deletes a message; its tombstone stays.
    Delete { thread: uuid::Uuid, message: uuid::Uuid },
    /// Marks a thread as read up to a number.
    Read {
        thread: uuid::Uuid,
        /// The number of the last message read.
        number: u64,
    },
    /// Tells the others that the user types. Without a further start it ends by itself after 5 s.
    Typing { thread: uuid::Uuid, status: Typing },
    /// Tells the others the user's presence.
    Presence { status: OwnPresence },
    /// Replaces the token of the open socket; the user must be the same.
    Auth {
        #[schema(max_length = 16_384)]
        token: String,
    },
    /// Keeps the connection alive; answered with a cursor.
    Ping {},
}

/// A message to post.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a description: nothing is built of it")]
pub(super) struct SentMessage {
    /// A UUIDv7, the idempotency key.
    id: uuid::Uuid,
    /// `text` if absent.
    kind: Option<MessageKind>,
    #[schema(max_length = 10_000)]
    content: String,
    /// Data of the product, up to 8,192 bytes as JSON.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// The message that this one replies to, in the same thread.
    reply_to: Option<uuid::Uuid>,
    /// Reserved: absent or empty.
    #[schema(value_type = Option<Vec<Object>>, max_items = 0)]
    attachments: Option<Vec<Value>>,
}

/// Whether typing starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Typing {
    Start,
    Stop,
}

/// The user's own presence.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OwnPresence {
    Active,
    Away,
}

/// The request's id, echoed in its answer: any number or string of at most 64 bytes as JSON.
pub(super) struct RequestId;

impl PartialSchema for RequestId {
    fn schema() -> RefOr<Schema> {
        let described = "Stands in the answer as it stood in the request: at most 64 bytes of JSON.";
        let types = SchemaType::Array(vec![Type::Number, Type::String]);
        Object::builder().schema_type(types).description(Some(described)).into()
    }
}

impl ToSchema for RequestId {}
