//! The two tables that clients build on: error codes and close codes.

use std::sync::Arc;

use threadline_domain::thread::Rejection;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The machine-readable errors of REST and WebSocket: the `code` of a problem or an error frame.
/// [`retryable`](Self::retryable) tells whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The frame or body is not JSON of the expected shape; the field is named.
    InvalidField,
    /// A frame of an unknown type.
    UnknownType,
    /// No token, or one that is refused.
    Unauthenticated,
    /// The role does not allow it.
    Forbidden,
    /// The thread does not exist, or the user is not in it.
    UnknownThread,
    /// The user is not (or no longer) a member of the thread.
    NotAMember,
    /// The named user is not in the thread.
    UnknownMember,
    /// Nobody of this id has signed in here.
    UnknownUser,
    /// No such message.
    UnknownMessage,
    /// The id names messages of several threads.
    AmbiguousMessage,
    /// The message was deleted.
    MessageDeleted,
    /// The id was used with another body.
    MessageConflict,
    /// A thread with this key exists and the user is not in it.
    KeyTaken,
    /// The thread is archived.
    ThreadArchived,
    /// A dm's members, roles and end are fixed.
    DmFixed,
    /// A thread keeps at least one owner.
    LastOwner,
    /// A cursor that is not one of ours.
    BadCursor,
    /// Too many requests; retry later.
    RateLimited,
    /// Not every role in operation reads the records that this would write: an upgrade is under way; retry later.
    Unsupported,
    /// The log or the projections are unavailable; retry later.
    Unavailable,
    /// There was no outcome in time. The command may have been applied or not; retry with the same id.
    Timeout,
    /// The projections did not reach `at_least` in time; retry.
    ProjectionsBehind,
    /// No such route.
    NotFound,
    /// The route has no such method.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// The body's media type is not understood.
    UnsupportedMediaType,
    /// An error of the server.
    Internal,
}

/// WebSocket close codes. The number tells clients what to do: 4000-4499 and 1012-1013 reconnect, 4500-4999 do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The edge goes away; reconnect within the window named before.
    Drain = 1012,
    /// The edge takes no more connections; reconnect elsewhere, later.
    Overload = 1013,
    /// The client does not read fast enough.
    Slow = 4001,
    /// The token expired.
    TokenExpired = 4002,
    /// The client sent nothing for too long.
    NoHeartbeat = 4003,
    /// Too many frames.
    Rate = 4004,
    /// A frame that is not a JSON object in text, or too large.
    BadFrame = 4500,
    /// A token that is refused.
    BadToken = 4501,
    /// No hello within the time given.
    NoHello = 4502,
    /// The user may not connect.
    Forbidden = 4503,
    /// Too many connections of one user.
    TooManyConnections = 4504,
}

/// Defines the table: name, title, and whether a retry may help.
macro_rules! error_codes {
    ($($code:ident $name:literal $title:literal $retryable:literal;)+) => {
        impl ErrorCode {
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// Returns the name that clients see, such as `not_a_member`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// Returns what it means, for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title),+ }
            }

            /// Whether the same request may succeed later as it is.
            pub const fn retryable(self) -> bool {
                match self { $(Self::$code => $retryable),+ }
            }
        }
    };
}

error_codes! {
    InvalidField "invalid_field" "A field is missing, unknown or has a value that cannot stand there" false;
    UnknownType "unknown_type" "There is no such type of frame" false;
    Unauthenticated "unauthenticated" "A valid token is needed" false;
    Forbidden "forbidden" "Your role does not allow this" false;
    UnknownThread "unknown_thread" "There is no such thread" false;
    NotAMember "not_a_member" "You are not a member of this thread" false;
    UnknownMember "unknown_member" "This user is not in the thread" false;
    UnknownUser "unknown_user" "Nobody of this id has signed in here" false;
    UnknownMessage "unknown_message" "There is no such message" false;
    AmbiguousMessage "ambiguous_message" "This id names messages of several threads" false;
    MessageDeleted "message_deleted" "The message was deleted" false;
    MessageConflict "message_conflict" "This message id was used with another body" false;
    KeyTaken "key_taken" "A thread with this key exists" false;
    ThreadArchived "thread_archived" "The thread is archived" false;
    DmFixed "dm_fixed" "The members of a dm cannot be changed" false;
    LastOwner "last_owner" "A thread keeps at least one owner" false;
    BadCursor "bad_cursor" "The cursor is not valid" false;
    RateLimited "rate_limited" "Too many requests" true;
    Unsupported "unsupported" "Parts of the system do not know this yet" true;
    Unavailable "unavailable" "This cannot be done right now" true;
    Timeout "timeout" "It was not confirmed in time; retry with the same id" true;
    ProjectionsBehind "projections_behind" "The position was not reached in time" true;
    NotFound "not_found" "There is nothing here" false;
    MethodNotAllowed "method_not_allowed" "This cannot be called with that method" false;
    TooLarge "too_large" "The request is too large" false;
    UnsupportedMediaType "unsupported_media_type" "The media type is not understood" false;
    Internal "internal" "Something went wrong on our side" true;
}

/// Lists the codes of today; more may come.
impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|code| code.name());
        let described = "The sort of error, for programs. More may come: treat one you do not know by `retryable`.";
        Object::builder().schema_type(Type::String).description(Some(described)).enum_values(Some(names)).into()
    }
}

impl ToSchema for ErrorCode {}

impl CloseCode {
    pub const ALL: &[Self] = &[
        Self::Drain,
        Self::Overload,
        Self::Slow,
        Self::TokenExpired,
        Self::NoHeartbeat,
        Self::Rate,
        Self::BadFrame,
        Self::BadToken,
        Self::NoHello,
        Self::Forbidden,
        Self::TooManyConnections,
    ];

    /// Returns the number in the close frame.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Returns the reason in the close frame.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Overload => "overload",
            Self::Slow => "slow",
            Self::TokenExpired => "token_expired",
            Self::NoHeartbeat => "no_heartbeat",
            Self::Rate => "rate",
            Self::BadFrame => "bad_frame",
            Self::BadToken => "bad_token",
            Self::NoHello => "no_hello",
            Self::Forbidden => "forbidden",
            Self::TooManyConnections => "too_many_connections",
        }
    }

    /// Whether the client should reconnect; the number alone says so.
    pub const fn reconnect(self) -> bool {
        !matches!(self.number(), 4500..=4999)
    }
}

/// Returns a rejection's code, the field at fault, and what is wrong.
pub fn of_rejection(rejection: &Rejection) -> (ErrorCode, Option<&'static str>, String) {
    let code = match rejection {
        Rejection::Invalid { field, reason } => return (ErrorCode::InvalidField, Some(*field), reason.to_string()),
        Rejection::UnknownThread => ErrorCode::UnknownThread,
        Rejection::KeyTaken => ErrorCode::KeyTaken,
        Rejection::ThreadArchived => ErrorCode::ThreadArchived,
        Rejection::Forbidden => ErrorCode::Forbidden,
        Rejection::DmFixed => ErrorCode::DmFixed,
        Rejection::UnknownMember => ErrorCode::UnknownMember,
        Rejection::LastOwner => ErrorCode::LastOwner,
        Rejection::UnknownMessage => ErrorCode::UnknownMessage,
        Rejection::MessageDeleted => ErrorCode::MessageDeleted,
        Rejection::MessageConflict => ErrorCode::MessageConflict,
    };
    (code, None, code.title().into())
}

/// A refused request, as its client is told.
///
/// ```text
/// { "id": 2, "type": "error", "error": { "code": "invalid_field", "field": "message.content", "detail": "…", "retryable": false } }
/// ```
///
/// REST answers the same as a problem document (RFC 9457); `edge/src/error.rs` alone knows the status codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    /// The request's id, if it could be read.
    pub id: Option<Arc<str>>,
    pub code: ErrorCode,
    /// The field at fault, dotted, such as `message.content`.
    pub field: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

impl RequestError {
    /// Makes one with a detail beyond the code's title.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { id: None, code, field: None, detail: detail.into() }
    }

    /// Makes the error of a field's value.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(ErrorCode::InvalidField, detail) }
    }

    /// Makes the error of a rejection.
    pub fn of(rejection: &Rejection) -> Self {
        let (code, field, detail) = of_rejection(rejection);
        Self { field: field.map(str::to_owned), ..Self::new(code, detail) }
    }

    /// Shortens the field for requests that are the message itself, not an object around it: `message.content` becomes
    /// `content`.
    pub fn unnested(mut self) -> Self {
        self.field = self.field.map(|field| field.strip_prefix("message.").map_or(field.clone(), str::to_owned));
        self
    }

    /// Makes it the answer to the request with this id.
    pub fn for_request(mut self, id: Option<Arc<str>>) -> Self {
        self.id = id;
        self
    }
}

/// A code without further detail.
impl From<ErrorCode> for RequestError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_snake_case() {
        let names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{name}");
            assert!(!names[..at].contains(name), "{name}");
        }
    }

    #[test]
    fn close_numbers_say_whether_to_reconnect() {
        let table: Vec<_> = CloseCode::ALL.iter().map(|code| (code.number(), code.name(), code.reconnect())).collect();
        let expected = [
            (1012, "drain", true),
            (1013, "overload", true),
            (4001, "slow", true),
            (4002, "token_expired", true),
            (4003, "no_heartbeat", true),
            (4004, "rate", true),
            (4500, "bad_frame", false),
            (4501, "bad_token", false),
            (4502, "no_hello", false),
            (4503, "forbidden", false),
            (4504, "too_many_connections", false),
        ];
        assert_eq!(table, expected);
    }

    #[test]
    fn a_refused_value_names_its_field() {
        let reason = threadline_domain::Invalid::Empty;
        let error = RequestError::of(&Rejection::Invalid { field: "message.content", reason });
        assert_eq!(error, RequestError::invalid("message.content", "must not be empty"));
        assert_eq!(error.unnested().field.as_deref(), Some("content"));
    }
}
