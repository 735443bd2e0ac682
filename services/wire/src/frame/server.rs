//! What the edge sends, as compact JSON text.

use serde::Serialize;
use serde_json::value::RawValue;
use threadline_domain::thread::Event;
use threadline_domain::{Position, ReadMark, ThreadId, Timestamp, UserId};
use utoipa::ToSchema;

use crate::json::{self, ErrorBody, Time};
use crate::{Cursor, PresenceStatus, RequestError};

/// What a client has to keep to, told at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Limits {
    /// Bytes of one frame from the client.
    pub frame_bytes_max: usize,
    /// Frames a second, on average.
    pub frames_per_second_max: u32,
    /// Characters of a message's content.
    pub content_chars_max: usize,
    /// Bytes of a metadata object.
    pub metadata_bytes_max: usize,
}

/// A request's id as the client wrote it.
type RequestId<'a> = Option<&'a RawValue>;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a, R> {
    Welcome {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: RequestId<'a>,
        user: &'a str,
        cursor: String,
        recovered: bool,
        heartbeat_ms: u64,
        limits: &'a Limits,
    },
    Ok {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: RequestId<'a>,
        result: R,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: RequestId<'a>,
        error: ErrorBody<'a>,
    },
    Event(json::Event<'a>),
    Read {
        #[serde(serialize_with = "json::text")]
        thread: ThreadId,
        user: &'a str,
        number: u64,
        at: Time,
    },
    Typing {
        #[serde(serialize_with = "json::text")]
        thread: ThreadId,
        user: &'a str,
        status: &'static str,
    },
    Presence {
        user: &'a str,
        status: &'static str,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: RequestId<'a>,
        cursor: String,
    },
    Resync {
        threads: Vec<String>,
        reason: &'a str,
    },
    TokenExpiring {
        at: Time,
    },
    Drain {
        reconnect_within_ms: u64,
    },
}

/// A frame without a result of the edge's own.
type Plain<'a> = Frame<'a, ()>;

impl<R: Serialize> Frame<'_, R> {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("frames hold nothing that JSON cannot write")
    }
}

/// The answer to hello: the place from which events follow, and whether that is where the client left off.
pub fn welcome(
    id: Option<&str>,
    user: &UserId,
    cursor: &Cursor,
    recovered: bool,
    heartbeat_ms: u64,
    limits: &Limits,
) -> String {
    let (id, user, cursor) = (request_id(id), user.as_str(), cursor.to_string());
    Plain::Welcome { id, user, cursor, recovered, heartbeat_ms, limits }.text()
}

/// The answer to a request that was done. `id` is JSON text, as [`super::ClientFrame`] has it.
pub fn ok(id: Option<&str>, result: &impl Serialize) -> String {
    Frame::Ok { id: request_id(id), result }.text()
}

/// The answer to a request that was not done.
pub fn error(error: &RequestError, retry_after_ms: Option<u64>) -> String {
    let id = request_id(error.id.as_deref());
    Plain::Error { id, error: ErrorBody::new(error, retry_after_ms) }.text()
}

/// An event of a thread, the same for all its receivers.
pub fn event_frame(position: Position, event: &Event) -> String {
    Plain::Event(json::Event::new(position, event)).text()
}

/// Someone has read.
pub fn read(mark: &ReadMark) -> String {
    let (user, at) = (mark.user.as_str(), mark.at.into());
    Plain::Read { thread: mark.thread, user, number: mark.number, at }.text()
}

/// Someone types, or stopped.
pub fn typing(thread: ThreadId, user: &UserId, active: bool) -> String {
    let status = if active { "start" } else { "stop" };
    Plain::Typing { thread, user: user.as_str(), status }.text()
}

/// Someone came, went or looked away.
pub fn presence(user: &UserId, status: PresenceStatus) -> String {
    Plain::Presence { user: user.as_str(), status: status.name() }.text()
}

/// The answer to ping.
pub fn pong(id: Option<&str>, cursor: &Cursor) -> String {
    Plain::Pong { id: request_id(id), cursor: cursor.to_string() }.text()
}

/// Events of these threads were missed and will not follow: the client reads the threads anew. No thread named
/// means all of them.
pub fn resync(threads: &[ThreadId], reason: &str) -> String {
    Plain::Resync { threads: threads.iter().map(ToString::to_string).collect(), reason }.text()
}

/// The token ends soon; a new one can be sent with auth.
pub fn token_expiring(at: Timestamp) -> String {
    Plain::TokenExpiring { at: at.into() }.text()
}

/// The edge goes away: the client reconnects at a random moment within this time.
pub fn drain(reconnect_within_ms: u64) -> String {
    Plain::Drain { reconnect_within_ms }.text()
}

fn request_id(json: Option<&str>) -> RequestId<'_> {
    json.and_then(|json| serde_json::from_str(json).ok())
}
