//! Frames from the edge, as compact JSON text.

use serde::Serialize;
use serde_json::value::RawValue;
use threadline_domain::thread::Event;
use threadline_domain::{Position, ReadMark, ThreadId, Timestamp, UserId};
use utoipa::ToSchema;

use super::requests::{RequestId, Typing};
use super::results::OkResult;
use crate::json::{self, ErrorBody, Time};
use crate::{Cursor, PresenceStatus, RequestError};

/// The limits that a client must keep.
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
type Echo<'a> = Option<&'a RawValue>;

/// A frame from the edge.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Frame<'a> {
    /// Answers hello. Events follow from the cursor on.
    Welcome {
        /// As the request had it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = RequestId, required = false)]
        id: Echo<'a>,
        /// The user of the token.
        user: &'a str,
        /// Where to resume.
        cursor: String,
        /// Whether everything since the hello's cursor follows. If not, reload.
        recovered: bool,
        /// Send a frame at least this often, such as a ping; otherwise the edge closes the connection (4003).
        heartbeat_ms: u64,
        /// The limits that the client must keep.
        limits: &'a Limits,
        /// The time of the edge.
        time: Time,
    },
    /// Answers a request that succeeded. The event that it caused was sent before.
    Ok {
        /// As the request had it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = RequestId, required = false)]
        id: Echo<'a>,
        result: OkResult,
    },
    /// Answers a request that failed.
    Error {
        /// As the request had it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = RequestId, required = false)]
        id: Echo<'a>,
        error: ErrorBody<'a>,
    },
    /// An event in a thread. Events of one thread come in the order of `seq`, without gaps.
    Event(json::Event<'a>),
    /// A member has read up to a number.
    Read {
        #[serde(serialize_with = "json::text")]
        #[schema(value_type = uuid::Uuid)]
        thread: ThreadId,
        user: &'a str,
        /// The number of the last message read.
        number: u64,
        at: Time,
    },
    /// A user types, or stopped. A thread with more than 100 members online sums up: the frame has `count` in place of
    /// `user` and `status`, and comes at most once a second.
    Typing {
        #[serde(serialize_with = "json::text")]
        #[schema(value_type = uuid::Uuid)]
        thread: ThreadId,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = String, required = false)]
        user: Option<&'a str>,
        /// Whether typing starts.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Typing, required = false)]
        status: Option<Typing>,
        /// The number of users who type in a large thread.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(required = false)]
        count: Option<usize>,
    },
    /// Users went online, away or offline. A thread with more than 100 members online sums up: the frame has `thread`
    /// and `online` without users, and comes at most once a second. Users whom the client was told of before are still
    /// named.
    Presence {
        /// Users whose presence has changed, or who are new to the client.
        users: Vec<Present<'a>>,
        /// A large thread.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = uuid::Uuid, required = false)]
        thread: Option<String>,
        /// The number of its members who are online.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(required = false)]
        online: Option<usize>,
    },
    /// Answers ping, or follows the backlog.
    Pong {
        /// As the request had it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = RequestId, required = false)]
        id: Echo<'a>,
        /// Where to resume; everything before it was sent.
        cursor: String,
    },
    /// Events were missed and will not be sent: reload these threads.
    Resync {
        /// The threads to reload; empty means all of them.
        #[schema(value_type = Vec<uuid::Uuid>)]
        threads: Vec<String>,
        /// The reason, for people.
        reason: &'a str,
    },
    /// The token ends soon; a new one can be sent with auth.
    TokenExpiring {
        /// When it ends.
        at: Time,
    },
    /// The edge goes away: the client reconnects at a random moment within this time.
    Drain { reconnect_within_ms: u64 },
}

/// How present a user is.
#[derive(Serialize, ToSchema)]
pub(super) struct Present<'a> {
    user: &'a str,
    status: PresenceStatus,
}

impl Frame<'_> {
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
    time: Timestamp,
) -> String {
    let (id, user, cursor) = (request_id(id), user.as_str(), cursor.to_string());
    Frame::Welcome { id, user, cursor, recovered, heartbeat_ms, limits, time: time.into() }.text()
}

/// The answer to a request that was done. `id` is JSON text, as [`super::ClientFrame`] has it.
pub fn ok(id: Option<&str>, result: impl Into<OkResult>) -> String {
    Frame::Ok { id: request_id(id), result: result.into() }.text()
}

/// The answer to a request that was not done.
pub fn error(error: &RequestError, retry_after_ms: Option<u64>) -> String {
    let id = request_id(error.id.as_deref());
    Frame::Error { id, error: ErrorBody::new(error, retry_after_ms) }.text()
}

/// An event of a thread, the same for all its receivers.
pub fn event_frame(position: Position, event: &Event) -> String {
    Frame::Event(json::Event::new(position, event)).text()
}

/// A member has read up to a number.
pub fn read(mark: &ReadMark) -> String {
    let (user, at) = (mark.user.as_str(), mark.at.into());
    Frame::Read { thread: mark.thread, user, number: mark.number, at }.text()
}

/// A user types, or stopped.
pub fn typing(thread: ThreadId, user: &UserId, active: bool) -> String {
    let status = if active { Typing::Start } else { Typing::Stop };
    Frame::Typing { thread, user: Some(user.as_str()), status: Some(status), count: None }.text()
}

/// So many users type in a large thread.
pub fn typing_count(thread: ThreadId, count: usize) -> String {
    Frame::Typing { thread, user: None, status: None, count: Some(count) }.text()
}

/// Users came, went or looked away.
pub fn presence<'a>(users: impl IntoIterator<Item = (&'a UserId, PresenceStatus)>) -> String {
    let users = users.into_iter().map(|(user, status)| Present { user: user.as_str(), status }).collect();
    Frame::Presence { users, thread: None, online: None }.text()
}

/// So many members of a large thread are online.
pub fn presence_count(thread: ThreadId, online: usize) -> String {
    Frame::Presence { users: Vec::new(), thread: Some(thread.to_string()), online: Some(online) }.text()
}

/// The answer to ping.
pub fn pong(id: Option<&str>, cursor: &Cursor) -> String {
    Frame::Pong { id: request_id(id), cursor: cursor.to_string() }.text()
}

/// Events of these threads were missed and will not be sent: the client reloads the threads. No thread means all of
/// them.
pub fn resync(threads: &[ThreadId], reason: &str) -> String {
    Frame::Resync { threads: threads.iter().map(ToString::to_string).collect(), reason }.text()
}

/// The token ends soon; a new one can be sent with auth.
pub fn token_expiring(at: Timestamp) -> String {
    Frame::TokenExpiring { at: at.into() }.text()
}

/// The edge goes away: the client reconnects at a random moment within this time.
pub fn drain(reconnect_within_ms: u64) -> String {
    Frame::Drain { reconnect_within_ms }.text()
}

fn request_id(json: Option<&str>) -> Echo<'_> {
    json.and_then(|json| serde_json::from_str(json).ok())
}
