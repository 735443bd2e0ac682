//! What requests look like, for the description: [`super::ClientFrame`] reads them field by field.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::json::MessageKind;

/// What a client asks for. The `id` that every request may have stands in none of them.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "a description: nothing is built of it")]
pub(super) enum Requests {
    /// Says who it is: the first frame, unless the address did.
    Hello {
        /// Who it is.
        #[schema(max_length = 16_384)]
        token: String,
        /// Where to resume: the cursor of the last frame that had one.
        cursor: Option<String>,
    },
    /// Posts a message. Its id makes a repetition harmless.
    Send {
        /// Where.
        thread: uuid::Uuid,
        /// What.
        message: SentMessage,
    },
    /// Replaces a message's content.
    Edit {
        /// Where.
        thread: uuid::Uuid,
        /// Which.
        message: uuid::Uuid,
        /// The new text.
        #[schema(max_length = 10_000)]
        content: String,
        /// The new metadata; absent: the old stays.
        #[schema(value_type = Option<Object>)]
        metadata: Option<Value>,
    },
    /// Deletes a message; its tombstone stays.
    Delete {
        /// Where.
        thread: uuid::Uuid,
        /// Which.
        message: uuid::Uuid,
    },
    /// Marks a thread as read up to a number.
    Read {
        /// Which.
        thread: uuid::Uuid,
        /// The number of the last message read.
        number: u64,
    },
    /// Tells the others that one types. Without a further start it ends by itself.
    Typing {
        /// Where.
        thread: uuid::Uuid,
        /// Whether it starts.
        status: Typing,
    },
    /// Tells the others how one is.
    Presence {
        /// How.
        status: OwnPresence,
    },
    /// A new token of the same user for the open socket.
    Auth {
        /// The token.
        #[schema(max_length = 16_384)]
        token: String,
    },
    /// Shows that the client is there; brings a cursor.
    Ping {},
}

/// A message as it is posted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a description: nothing is built of it")]
pub(super) struct SentMessage {
    /// A UUIDv7, the idempotency key.
    id: uuid::Uuid,
    /// What sort; `text` when absent.
    kind: Option<MessageKind>,
    /// The text.
    #[schema(max_length = 10_000)]
    content: String,
    /// The product's own data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// The message it answers.
    reply_to: Option<uuid::Uuid>,
    /// None can be attached yet: absent or empty.
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

/// What one can say of oneself.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OwnPresence {
    Active,
    Away,
}

/// A request's id, which its answer has too: any number or string of at most 64 bytes as JSON.
pub(super) struct RequestId;

impl PartialSchema for RequestId {
    fn schema() -> RefOr<Schema> {
        let described = "Stands in the answer as it stood in the request: at most 64 bytes of JSON.";
        let types = SchemaType::Array(vec![Type::Number, Type::String]);
        Object::builder().schema_type(types).description(Some(described)).into()
    }
}

impl ToSchema for RequestId {}
