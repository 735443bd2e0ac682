//! A request's body, and the key that makes its repetition harmless.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::Bytes;
use threadline_domain::requests::id_of_request;
use threadline_domain::{Actor, ThreadId};
use threadline_wire::ErrorCode;
use uuid::Uuid;

use crate::error::Problem;

/// The bytes of a JSON body, not yet read.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let detail = "must be absent or identity: bodies are read as they are";
            return Err(Problem::new(ErrorCode::UnsupportedMediaType, detail).at("Content-Encoding"));
        }
        let media_type = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        let json = media_type.map(is_json);
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ErrorCode::TooLarge, "the body is larger than allowed"),
            _ => Problem::field("body", "broke off"),
        })?;
        // Nothing needs no media type.
        match json {
            Some(true) => Ok(Self(body)),
            None if body.is_empty() => Ok(Self(body)),
            _ => {
                Err(Problem::new(ErrorCode::UnsupportedMediaType, "the body must be application/json")
                    .at("Content-Type"))
            }
        }
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Characters of an `Idempotency-Key`.
const KEY_CHARS_MAX: usize = 255;

/// The header `Idempotency-Key`, which names what the request makes, so that its repetition makes it once.
pub(super) enum IdempotencyKey {
    /// There is none.
    Absent,
    /// A `UUIDv7`: the id itself.
    Id(Uuid),
    /// Any other text: the id follows from it and the sender.
    Name(String),
}

impl IdempotencyKey {
    /// The id of what the request makes, in a thread or as one.
    pub(super) fn id(&self, sender: &Actor, thread: Option<ThreadId>) -> Option<Uuid> {
        match self {
            Self::Absent => None,
            Self::Id(id) => Some(*id),
            Self::Name(name) => Some(id_of_request(sender, thread, name)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        const NAME: &str = "Idempotency-Key";
        let Some(value) = parts.headers.get(NAME) else { return Ok(Self::Absent) };
        let text = value.to_str().map_err(|_| Problem::field(NAME, "must be visible ASCII characters"))?;
        let text = text.trim_matches('"');
        if !(1..=KEY_CHARS_MAX).contains(&text.len()) {
            return Err(Problem::field(NAME, format!("must have 1 to {KEY_CHARS_MAX} characters")));
        }
        let id = text.parse::<Uuid>().ok().filter(|id| id.get_version_num() == 7);
        Ok(id.map_or_else(|| Self::Name(text.to_owned()), Self::Id))
    }
}
