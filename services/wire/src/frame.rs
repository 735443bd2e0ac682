//! Client and server frames of `/ws`.

use std::sync::Arc;

use threadline_domain::thread::{EditMessage, PostMessage};
use threadline_domain::{MessageId, ThreadId};

use crate::{ErrorCode, PresenceStatus};

/// A frame from a client: its request id, if it has one, and what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientFrame {
    /// Echoed in the answer; any JSON number or string of at most 64 bytes, kept as JSON text.
    pub id: Option<Arc<str>>,
    /// The request.
    pub request: Request,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// First frame.
    Hello { token: String, cursor: Option<String> },
    /// Post a message.
    Send { thread: ThreadId, message: PostMessage },
    /// Edit a message.
    Edit { thread: ThreadId, edit: EditMessage },
    /// Delete a message.
    Delete { thread: ThreadId, message: MessageId },
    /// Mark as read up to a number.
    Read { thread: ThreadId, number: u64 },
    /// Typing starts or stops.
    Typing { thread: ThreadId, active: bool },
    /// Own presence.
    Presence { status: PresenceStatus },
    /// A new token on the open socket.
    Auth { token: String },
    /// Heartbeat.
    Ping,
}

/// A request that cannot be understood; the socket stays open.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestError {
    /// The request's id, if it could be read.
    pub id: Option<Arc<str>>,
    /// The code.
    pub code: ErrorCode,
    /// The field at fault, dotted, such as `message.content`.
    pub field: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

/// Why a frame could not be taken.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameError {
    /// Not a JSON object: the socket is closed with 4500.
    BadFrame(String),
    /// An object, but not a request we know: answered with an error.
    BadRequest(RequestError),
}

impl ClientFrame {
    /// Reads a text frame. Unknown fields, wrong types and bad values name the field.
    pub fn parse(_text: &str) -> Result<Self, FrameError> { todo!() }
}
