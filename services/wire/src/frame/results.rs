//! Results in `ok` frames, by request.

use serde::Serialize;
use threadline_domain::{Position, Timestamp};
use utoipa::ToSchema;

use crate::json::{Time, Written, text};

/// The result of a request: `Written` of send, edit and delete, `ReadResult` of read, `AuthResult` of auth,
/// `DoneResult` of the others.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum OkResult {
    /// The event that was appended.
    Written(Written),
    /// A read mark was set, or a later one exists.
    Read(ReadResult),
    /// The new token is in force.
    Auth(AuthResult),
    /// No further result.
    Done(DoneResult),
}

/// The read mark's position.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadResult {
    /// Pass it in `?at_least=` to read what was written.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "reads:3:1234")]
    pub position: Position,
}

/// How long the new token lasts.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthResult {
    /// When the token expires.
    pub expires_at: Time,
}

/// An empty result.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoneResult {}

impl From<Written> for OkResult {
    fn from(written: Written) -> Self {
        Self::Written(written)
    }
}

impl OkResult {
    /// Makes the result of a read mark.
    pub const fn read(position: Position) -> Self {
        Self::Read(ReadResult { position })
    }

    /// Makes the result of a new token.
    pub const fn auth(expires_at: Timestamp) -> Self {
        Self::Auth(AuthResult { expires_at: Time(expires_at) })
    }

    /// Makes the result of a request without one.
    pub const fn done() -> Self {
        Self::Done(DoneResult {})
    }
}
