//! What goes wrong, and how HTTP says it. The only place that knows status codes of errors.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use threadline_domain::thread::Rejection;
use threadline_projections as projections;
use threadline_wire::{ErrorCode, RequestError};
use utoipa::ToSchema;

use crate::auth::AuthError;
use crate::commands::{NoOutcome, Refused};

/// How long to wait before a retry when nothing better is known, milliseconds.
pub(crate) const RETRY_AFTER_MS: u64 = 1_000;
/// What is said of a request that not every role in operation knows.
pub(crate) const UNSUPPORTED: &str = "not every part of the system knows this yet; nothing has happened";
const MEDIA_TYPE: &str = "application/problem+json";

/// Why an edge does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot listen there.
    #[error("failed to listen on {address}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Config(String),
    /// The log cannot be followed.
    #[error(transparent)]
    Log(#[from] threadline_eventlog::Error),
}

/// An error as a client sees it: RFC 9457, with the contract's code.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: ErrorCode,
    field: Option<String>,
    detail: String,
    retry_after_ms: Option<u64>,
}

/// An error, RFC 9457 `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Names the sort of error as a URI: `urn:threadline:error:` and the code.
    #[schema(example = "urn:threadline:error:message_conflict")]
    r#type: String,
    /// The sort of error, for people.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// The sort of error, for programs.
    #[schema(value_type = ErrorCode)]
    code: &'a str,
    /// What is wrong in this case.
    detail: &'a str,
    /// The field, parameter or header at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<&'a str>,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// How long to wait before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry_after_ms: Option<u64>,
}

impl Problem {
    /// An error of this sort; `detail` says what is wrong in this case.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let retry_after_ms = code.retryable().then_some(RETRY_AFTER_MS);
        Self { status: status(code), code, field: None, detail: detail.into(), retry_after_ms }
    }

    /// A field, parameter or header that is wrong.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidField, detail).at(field)
    }

    /// No such thread, or none that the caller is in.
    pub fn unknown_thread() -> Self {
        Self::new(ErrorCode::UnknownThread, "there is no such thread, or you are not in it")
    }

    /// Nobody of this id has signed in.
    pub fn unknown_user() -> Self {
        Self::new(ErrorCode::UnknownUser, "nobody of this id has signed in here yet")
    }

    /// No such message, or none in the caller's threads.
    pub fn unknown_message() -> Self {
        Self::new(ErrorCode::UnknownMessage, "there is no such message in your threads")
    }

    /// The id names messages of several of the caller's threads.
    pub fn ambiguous_message() -> Self {
        let detail = "messages of several of your threads have this id; say which with ?thread=";
        Self::new(ErrorCode::AmbiguousMessage, detail).at("thread")
    }

    /// The user asks too much.
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms),
            ..Self::new(ErrorCode::RateLimited, "too many requests of this user")
        }
    }

    /// A web page that may not call.
    pub fn origin_refused() -> Self {
        Self::new(ErrorCode::Forbidden, "this origin may not call").at("Origin")
    }

    /// There is nothing here.
    pub(crate) fn not_here(detail: &str) -> Self {
        Self::new(ErrorCode::NotFound, detail)
    }

    /// Names the field.
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The contract's code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// A whole HTTP/1.1 response, after which the connection closes: for where no request was read.
    pub(crate) fn as_http(&self) -> Vec<u8> {
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let retry_after =
            self.retry_after_ms.map_or_else(String::new, |ms| format!("retry-after: {}\r\n", seconds(ms)));
        let head = format!(
            "HTTP/1.1 {}\r\ncontent-type: {MEDIA_TYPE}\r\n{retry_after}content-length: {}\r\nconnection: close\r\n\r\n",
            self.status,
            body.len()
        );
        [head.into_bytes(), body].concat()
    }

    fn body(&self) -> ProblemBody<'_> {
        ProblemBody {
            r#type: format!("urn:threadline:error:{}", self.code.name()),
            title: self.code.title(),
            status: self.status.as_u16(),
            code: self.code.name(),
            detail: &self.detail,
            field: self.field.as_deref(),
            retryable: self.code.retryable(),
            retry_after_ms: self.retry_after_ms,
        }
    }
}

/// `Retry-After` knows whole seconds only.
const fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000)
}

/// The status of each sort of error.
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidField | ErrorCode::UnknownType | ErrorCode::BadCursor => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        // Whoever is not in a thread is not told that it exists.
        ErrorCode::UnknownThread
        | ErrorCode::NotAMember
        | ErrorCode::UnknownMember
        | ErrorCode::UnknownUser
        | ErrorCode::UnknownMessage
        | ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MessageDeleted => StatusCode::GONE,
        ErrorCode::MessageConflict
        | ErrorCode::AmbiguousMessage
        | ErrorCode::KeyTaken
        | ErrorCode::ThreadArchived
        | ErrorCode::DmFixed
        | ErrorCode::LastOwner => StatusCode::CONFLICT,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unavailable | ErrorCode::Unsupported | ErrorCode::ProjectionsBehind => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(ms) = self.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(ms)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        (self.status, headers, Json(self.body())).into_response()
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        problem.into_response()
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let code = match error {
            AuthError::Refused(_) | AuthError::Expired => ErrorCode::Unauthenticated,
            AuthError::Unavailable => ErrorCode::Unavailable,
        };
        Self::new(code, error.to_string())
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        Self { field: error.field, ..Self::new(error.code, error.detail) }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        RequestError::of(&rejection).unnested().into()
    }
}

impl<R: Into<Self>> From<Refused<R>> for Problem {
    fn from(refused: Refused<R>) -> Self {
        match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::NoOutcome(no_outcome) => no_outcome.into(),
        }
    }
}

impl From<NoOutcome> for Problem {
    fn from(no_outcome: NoOutcome) -> Self {
        match no_outcome {
            NoOutcome::Unavailable(reason) => {
                tracing::warn!(reason, "failed to decide a command: {reason}; the client may retry");
                Self::new(ErrorCode::Unavailable, "the log cannot take it now; nothing is known to have happened")
            }
            NoOutcome::Timeout => Self::new(
                ErrorCode::Timeout,
                "no outcome in time: it may or may not have happened; retry with the same id",
            ),
            NoOutcome::Unsupported => Self::new(ErrorCode::Unsupported, UNSUPPORTED),
            NoOutcome::Full => {
                Self::new(ErrorCode::Unavailable, "too much is waiting for the log; nothing has happened")
            }
        }
    }
}

impl From<projections::Error> for Problem {
    fn from(error: projections::Error) -> Self {
        match error {
            projections::Error::Behind => {
                Self::new(ErrorCode::ProjectionsBehind, "the projections did not reach the position in time")
            }
            projections::Error::Unavailable(_) => {
                tracing::warn!(%error, "failed to answer a read: {error}; the client may retry");
                Self::new(ErrorCode::Unavailable, "the projections cannot be read now")
            }
            projections::Error::UnknownName { .. } => {
                tracing::error!(%error, "failed to answer a read: {error}; a newer edge can");
                Self::new(ErrorCode::Unsupported, "this edge is too old for what stands here")
            }
            _ => {
                tracing::error!(%error, "failed to answer a read: {error}");
                Self::new(ErrorCode::Internal, "the projections cannot be read")
            }
        }
    }
}

impl From<threadline_sealing::Error> for Problem {
    fn from(error: threadline_sealing::Error) -> Self {
        tracing::warn!(%error, "failed to open texts: {error}; the client may retry");
        Self::new(ErrorCode::Unavailable, "the texts cannot be opened now")
    }
}

impl From<threadline_eventlog::Error> for Problem {
    fn from(error: threadline_eventlog::Error) -> Self {
        tracing::warn!(%error, "failed to append to the log: {error}");
        if matches!(error, threadline_eventlog::Error::TooLarge { .. }) {
            return Self::new(ErrorCode::TooLarge, "larger than the log takes");
        }
        if matches!(error, threadline_eventlog::Error::Unsupported { .. }) {
            return Self::new(ErrorCode::Unsupported, UNSUPPORTED);
        }
        Self::new(ErrorCode::Unavailable, "the log cannot do it now")
    }
}

/// What the Schema Registry API says of a schema that there is not, in its own shape: stock clients read it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UnknownSchema {
    Subject,
    Version,
    Id,
}

impl IntoResponse for UnknownSchema {
    fn into_response(self) -> Response {
        let (error_code, message) = match self {
            Self::Subject => (40_401, "Subject not found"),
            Self::Version => (40_402, "Version not found"),
            Self::Id => (40_403, "Schema not found"),
        };
        let body = serde_json::json!({ "error_code": error_code, "message": message });
        (StatusCode::NOT_FOUND, Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn every_code_is_a_whole_problem() {
        for code in ErrorCode::ALL {
            let response = Problem::new(*code, "why").at("field").into_response();
            let (parts, body) = response.into_parts();
            assert!(parts.status.is_client_error() || parts.status.is_server_error(), "{code:?}");
            assert_eq!(parts.headers[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(parts.headers.contains_key(header::RETRY_AFTER), code.retryable(), "{code:?}");
            let body: Value = serde_json::from_slice(&to_bytes(body, 4_096).await.unwrap()).unwrap();
            assert_eq!(body["status"], parts.status.as_u16());
            assert_eq!(body["code"], code.name());
            assert_eq!(body["type"], format!("urn:threadline:error:{}", code.name()));
            assert_eq!((&body["detail"], &body["field"]), (&Value::from("why"), &Value::from("field")));
            // What may pass is told from what cannot: only retryable faults are the server's.
            assert_eq!(parts.status.is_server_error() || parts.status == 429, code.retryable(), "{code:?}");
        }
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        let response = Problem::rate_limited(1_001).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn a_refused_field_is_named_as_the_body_has_it() {
        let reason = threadline_domain::Invalid::Empty;
        let problem = Problem::from(Rejection::Invalid { field: "message.content", reason });
        assert_eq!((problem.status, problem.field.as_deref()), (StatusCode::BAD_REQUEST, Some("content")));
        assert_eq!(Problem::from(Rejection::UnknownThread).status, StatusCode::NOT_FOUND);
    }
}
