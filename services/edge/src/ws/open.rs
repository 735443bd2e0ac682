//! From a hello to a seat in the hub.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use threadline_domain::{Offset, Partition, Topic, UserId, limits};
use threadline_wire::frame::{self, Limits};
use threadline_wire::{CloseCode, Cursor};

use super::Outbox;
use super::hello::Hello;
use super::resume::{self, Asked, Backlog};
use crate::auth::{AuthError, Identity};
use crate::hub::{Join, Joined, NotJoined, Request};
use crate::rate::cost;
use crate::state::Edge;

/// How long it may take until a session is in, waiting for its turn included.
const OPEN: Duration = Duration::from_secs(15);

/// The pause before the views are asked again that were further behind than the hub's ring goes back.
const BEHIND_PAUSE: Duration = Duration::from_millis(200);

/// A session that is in.
pub(super) struct Opened {
    pub(super) user: UserId,
    pub(super) identity: Identity,
    pub(super) seat: Seat,
    /// The welcome and what the client missed.
    pub(super) first: Vec<Utf8Bytes>,
}

/// A session's place in the hub, given up when this is dropped.
pub(super) struct Seat {
    edge: Arc<Edge>,
    leave: Option<Request>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(leave) = self.leave.take() {
            self.edge.hub.leave(leave);
        }
    }
}

/// Lets a session in. Fails with the code to close with.
pub(super) async fn open(edge: &Arc<Edge>, hello: Hello, outbox: &Arc<Outbox>) -> Result<Opened, CloseCode> {
    tokio::time::timeout(OPEN, enter(edge, hello, outbox)).await.unwrap_or(Err(CloseCode::Overload))
}

async fn enter(edge: &Arc<Edge>, hello: Hello, outbox: &Arc<Outbox>) -> Result<Opened, CloseCode> {
    let identity = edge.auth.verify(&hello.token).await.map_err(|error| {
        tracing::debug!(error = %error, "a hello was refused");
        match error {
            AuthError::Refused(_) => CloseCode::BadToken,
            AuthError::Expired => CloseCode::TokenExpired,
            AuthError::Unavailable => CloseCode::Overload,
        }
    })?;
    // A service is in no thread; what it does, it does by HTTP.
    let user = identity.user().cloned().ok_or(CloseCode::Forbidden)?;
    if edge.rate.take(&user, cost::LEAST).is_err() {
        return Err(CloseCode::Rate);
    }
    edge.greet(&identity);
    let _turn = edge.hub.joins().acquire().await.map_err(|_| CloseCode::Drain)?;
    let asked = resume::place_of(edge, hello.cursor.as_deref()).await?;
    let (from, joined) = take_seat(edge, &user, &asked, outbox).await?;
    let leave = Request::Leave { user: user.clone(), session: Arc::clone(outbox) };
    let seat = Seat { edge: Arc::clone(edge), leave: Some(leave) };
    let place = joined.cursor.clone();
    // Where the client is before the backlog; without partitions, a cursor that nothing can be resumed from.
    let next = if matches!(asked, Asked::Unusable(_)) { BTreeMap::new() } else { from.clone() };
    let before = Cursor { log: place.log.clone(), next };
    let backlog = resume::backlog(edge, &user, asked, &from, joined).await?;
    let first = first_frames(edge, &user, hello.id.as_deref(), (&before, &place), backlog);
    Ok(Opened { user, identity, seat, first })
}

/// Asks the hub for a seat, from the place that the client named or else the one of the views' snapshot.
async fn take_seat(
    edge: &Edge,
    user: &UserId,
    asked: &Asked,
    outbox: &Arc<Outbox>,
) -> Result<(BTreeMap<Partition, Offset>, Joined), CloseCode> {
    loop {
        let memberships = edge.views.memberships(user, asked.from()).await.map_err(|error| {
            tracing::warn!(error = %error, "a session was not let in: its memberships cannot be read");
            CloseCode::Overload
        })?;
        // Of a partition that nothing has come from yet, the views know nothing.
        let next = |partition| memberships.progress.get(&partition).map_or(0, |progress| progress.next);
        let partitions = 0..edge.log.partitions(Topic::Messages);
        let snapshot = || partitions.map(|partition| (partition, next(partition))).collect();
        let from = asked.from().cloned().unwrap_or_else(snapshot);
        let (user, session) = (user.clone(), Arc::clone(outbox));
        match edge.hub.join(|reply| Join { user, session, memberships, from: from.clone(), reply }).await {
            Ok(joined) => return Ok((from, joined)),
            Err(NotJoined::TooManyConnections) => return Err(CloseCode::TooManyConnections),
            Err(NotJoined::Leaving) => return Err(CloseCode::Drain),
            // The views have got further meanwhile. The caller bounds the wait.
            Err(NotJoined::Behind) => tokio::time::sleep(BEHIND_PAUSE).await,
        }
    }
}

/// The welcome, and what was missed. A cursor says that everything before its frame was delivered: so the welcome's is
/// the place `before` the backlog, and a pong behind the backlog brings the place that it leads up to. A client that is
/// cut off in between asks for the backlog again.
fn first_frames(
    edge: &Edge,
    user: &UserId,
    id: Option<&str>,
    (before, place): (&Cursor, &Cursor),
    backlog: Backlog,
) -> Vec<Utf8Bytes> {
    let sessions = &edge.config.sessions;
    let limits = Limits {
        frame_bytes_max: sessions.frame_bytes_max,
        // Frames of any sort, so as many as of the dearest.
        frames_per_second_max: (edge.config.rate.per_second / cost::SEND).max(1),
        content_chars_max: limits::CONTENT_CHARS_MAX,
        metadata_bytes_max: limits::METADATA_BYTES_MAX,
    };
    let Backlog { recovered, resyncs, events } = backlog;
    let nothing_missed = resyncs.is_empty() && events.is_empty();
    let cursor = if nothing_missed { place } else { before };
    let welcome = frame::welcome(id, user, cursor, recovered, sessions.heartbeat_ms, &limits);
    let mut first = Vec::with_capacity(2 + resyncs.len() + events.len());
    first.push(welcome.into());
    first.extend(resyncs);
    first.extend(events);
    if !nothing_missed {
        first.push(frame::pong(None, place).into());
    }
    first
}
