//! What an `ok` frame brings, by the request that it answers.

use serde::Serialize;
use threadline_domain::{Position, Timestamp};
use utoipa::ToSchema;

use crate::json::{Time, Written, text};

/// The result of a request that was done: `Written` of send, edit and delete, `ReadResult` of read, `AuthResult` of auth,
/// `DoneResult` of the others.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum OkResult {
    /// An event came of it.
    Written(Written),
    /// A read mark was set, or one that was further on is there.
    Read(ReadResult),
    /// A new token was taken.
    Auth(AuthResult),
    /// There is nothing more to say.
    Done(DoneResult),
}

/// Where the read mark lies in the log.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadResult {
    /// For `?at_least=`.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "reads:3:1234")]
    pub position: Position,
}

/// How long the session may go on with its new token.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthResult {
    /// When the token ends.
    pub expires_at: Time,
}

/// Nothing.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoneResult {}

impl From<Written> for OkResult {
    fn from(written: Written) -> Self {
        Self::Written(written)
    }
}

impl OkResult {
    /// Of a read mark.
    pub const fn read(position: Position) -> Self {
        Self::Read(ReadResult { position })
    }

    /// Of a new token.
    pub const fn auth(expires_at: Timestamp) -> Self {
        Self::Auth(AuthResult { expires_at: Time(expires_at) })
    }

    /// Of a request that has none of its own.
    pub const fn done() -> Self {
        Self::Done(DoneResult {})
    }
}
