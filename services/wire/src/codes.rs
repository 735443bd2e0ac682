//! The two numbered tables that clients build on: error codes and close codes.

/// Machine-readable errors of REST and WebSocket: the `code` of a problem or an error frame.
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
    /// No such thread, or one is not in it.
    UnknownThread,
    /// One is not (or no longer) a member of the thread.
    NotAMember,
    /// The named user is not in the thread.
    UnknownMember,
    /// No such message.
    UnknownMessage,
    /// The message was deleted.
    MessageDeleted,
    /// The id was used with another body.
    MessageConflict,
    /// A thread with this key exists and one is not in it.
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
    /// The log or the views cannot do it now; retry later.
    Unavailable,
    /// No outcome in time: it may or may not have happened; retry with the same id.
    Timeout,
    /// The views did not reach `at_least` in time; retry.
    ViewsBehind,
    /// No such route.
    NotFound,
    /// The route has no such method.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// The body's media type is not understood.
    UnsupportedMediaType,
    /// A fault of ours.
    Internal,
}

/// WebSocket close codes. 4000-4499 and 1012-1013: reconnect; 4500-4999: do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The edge goes away; reconnect within the window named before.
    Drain = 1012,
    /// The edge takes no more; reconnect elsewhere, later.
    Overload = 1013,
    /// The client does not read fast enough.
    Slow = 4001,
    /// The token expired.
    TokenExpired = 4002,
    /// Nothing was heard of the client for too long.
    NoHeartbeat = 4003,
    /// Too many frames.
    Rate = 4004,
    /// A frame that is not a JSON object in text, or too large.
    BadFrame = 4500,
    /// A token that is refused.
    BadToken = 4501,
    /// No hello within the time given.
    NoHello = 4502,
    /// Not allowed.
    Forbidden = 4503,
    /// Too many connections of one user.
    TooManyConnections = 4504,
}
