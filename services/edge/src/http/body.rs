//! A request's body, and the key that makes its repetition harmless.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::Bytes;
use threadline_wire::ErrorCode;
use uuid::Uuid;

use crate::error::Problem;

/// The bytes of a JSON body, not yet read.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
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

/// The header `Idempotency-Key`: the id of what the request makes, a `UUIDv7`.
pub(super) struct IdempotencyKey(pub(super) Option<Uuid>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        const NAME: &str = "Idempotency-Key";
        let Some(value) = parts.headers.get(NAME) else { return Ok(Self(None)) };
        let key = value.to_str().ok().and_then(|text| text.trim_matches('"').parse::<Uuid>().ok());
        match key.filter(|key| key.get_version_num() == 7) {
            Some(key) => Ok(Self(Some(key))),
            None => Err(Problem::field(NAME, "is not a UUIDv7")),
        }
    }
}
