//! Frames from clients.

use std::sync::Arc;

use threadline_domain::thread::{EditMessage, PostMessage};
use threadline_domain::{MessageId, ThreadId};

use crate::json::{self, Fields};
use crate::{ErrorCode, PresenceStatus, RequestError};

/// Bytes of a request id as JSON text.
const REQUEST_ID_BYTES_MAX: usize = 64;
/// Characters of an unknown type that the error repeats.
const TYPE_ECHO_CHARS_MAX: usize = 64;
/// Bytes of a token.
const TOKEN_BYTES_MAX: usize = 16 << 10;

/// A frame from a client: its request, and the request's id if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientFrame {
    /// Echoed in the answer: any JSON number or string of at most 64 bytes, kept as JSON text.
    pub id: Option<Arc<str>>,
    pub request: Request,
}

/// A request of a client.
#[derive(Clone, PartialEq)]
pub enum Request {
    Hello {
        /// Who it is.
        token: String,
        /// Where to resume, as the client has it.
        cursor: Option<String>,
    },
    /// Post a message.
    Send {
        thread: ThreadId,
        message: PostMessage,
    },
    /// Edit a message.
    Edit {
        thread: ThreadId,
        /// Which, and its new content.
        edit: EditMessage,
    },
    /// Delete a message.
    Delete {
        thread: ThreadId,
        message: MessageId,
    },
    /// Mark as read up to a number.
    Read {
        thread: ThreadId,
        /// The number of the last message read.
        number: u64,
    },
    /// Typing starts or stops.
    Typing {
        thread: ThreadId,
        active: bool,
    },
    Presence {
        status: PresenceStatus,
    },
    /// A new token for the open socket.
    Auth {
        token: String,
    },
    Ping,
}

/// Names the request only: tokens and message bodies stay out of logs.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hello { .. } => "hello",
            Self::Send { .. } => "send",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::Read { .. } => "read",
            Self::Typing { .. } => "typing",
            Self::Presence { .. } => "presence",
            Self::Auth { .. } => "auth",
            Self::Ping => "ping",
        })
    }
}

/// Why a frame was refused.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameError {
    /// Not a JSON object. The socket is closed with 4500.
    BadFrame(String),
    /// An object, but not a request we know. It is answered with an error, and the socket stays open.
    BadRequest(RequestError),
}

impl ClientFrame {
    /// Reads a text frame. Errors of unknown fields, wrong types and bad values name the field.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        let mut fields =
            Fields::parse(text.as_bytes()).map_err(|detail| FrameError::BadFrame(format!("the frame {detail}")))?;
        let id = request_id(&mut fields).map_err(FrameError::BadRequest)?;
        let request = request(&mut fields).and_then(|request| fields.end().map(|()| request));
        match request {
            Ok(request) => Ok(Self { id, request }),
            Err(error) => Err(FrameError::BadRequest(error.for_request(id))),
        }
    }
}

fn request_id(fields: &mut Fields<'_>) -> Result<Option<Arc<str>>, RequestError> {
    let Some(id) = fields.take("id") else { return Ok(None) };
    let id = id.get();
    if !id.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()) {
        return Err(fields.invalid("id", "must be a number or a string"));
    }
    if id.len() > REQUEST_ID_BYTES_MAX {
        return Err(fields.invalid("id", format!("must have at most {REQUEST_ID_BYTES_MAX} bytes")));
    }
    Ok(Some(id.into()))
}

/// A type of request.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// The types of the frames that may answer it.
    pub(super) answers: &'static [&'static str],
    read: fn(&mut Fields<'_>) -> Result<Request, RequestError>,
}

/// Every type of request. No other is read, and all of them are described.
pub(super) const KINDS: [Kind; 9] = [
    Kind { name: "hello", answers: &["welcome", "error"], read: hello },
    Kind { name: "send", answers: DONE_OR_NOT, read: send },
    Kind { name: "edit", answers: DONE_OR_NOT, read: edit },
    Kind { name: "delete", answers: DONE_OR_NOT, read: delete },
    Kind { name: "read", answers: DONE_OR_NOT, read: mark_read },
    Kind { name: "typing", answers: DONE_OR_NOT, read: typing },
    Kind { name: "presence", answers: DONE_OR_NOT, read: presence },
    Kind { name: "auth", answers: DONE_OR_NOT, read: auth },
    Kind { name: "ping", answers: &["pong", "error"], read: |_| Ok(Request::Ping) },
];

const DONE_OR_NOT: &[&str] = &["ok", "error"];

fn request(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    let name = fields.text("type")?;
    if let Some(kind) = KINDS.iter().find(|kind| kind.name == name) {
        return (kind.read)(fields);
    }
    let unknown: String = name.chars().take(TYPE_ECHO_CHARS_MAX).collect();
    let error = fields.invalid("type", format!("there is no type {unknown:?}"));
    Err(RequestError { code: ErrorCode::UnknownType, ..error })
}

fn hello(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    Ok(Request::Hello { token: token(fields)?, cursor: fields.optional_opaque("cursor")? })
}

fn send(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    let thread = fields.thread("thread")?;
    let mut message = fields.object("message", "message.")?;
    let post = json::message(&mut message, None)?;
    message.end()?;
    Ok(Request::Send { thread, message: post })
}

fn edit(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    let (thread, message) = (fields.thread("thread")?, fields.message("message")?);
    Ok(Request::Edit { thread, edit: json::edit(fields, message)? })
}

fn delete(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    Ok(Request::Delete { thread: fields.thread("thread")?, message: fields.message("message")? })
}

fn mark_read(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    let (thread, number) = (fields.thread("thread")?, fields.optional_number("number")?);
    Ok(Request::Read { thread, number: fields.required("number", number)? })
}

fn typing(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    let thread = fields.thread("thread")?;
    Ok(Request::Typing { thread, active: one_of(fields, ("start", true), ("stop", false))? })
}

fn presence(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    let status = one_of(fields, ("active", PresenceStatus::Active), ("away", PresenceStatus::Away))?;
    Ok(Request::Presence { status })
}

fn auth(fields: &mut Fields<'_>) -> Result<Request, RequestError> {
    Ok(Request::Auth { token: token(fields)? })
}

fn token(fields: &mut Fields<'_>) -> Result<String, RequestError> {
    let token = fields.text("token")?;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(fields.invalid("token", format!("must have at most {TOKEN_BYTES_MAX} bytes")));
    }
    Ok(token)
}

/// Reads the `status`, which is one of two words.
fn one_of<T>(fields: &mut Fields, one: (&str, T), other: (&str, T)) -> Result<T, RequestError> {
    match fields.text("status")? {
        status if status == one.0 => Ok(one.1),
        status if status == other.0 => Ok(other.1),
        _ => Err(fields.invalid("status", format!("must be one of {}, {}", one.0, other.0))),
    }
}
