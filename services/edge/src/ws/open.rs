//! Opens a session: checks the hello, joins the hub and gathers what the client missed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use threadline_domain::thread::Thread;
use threadline_domain::{UserId, limits};
use threadline_eventlog::LoggedAggregate;
use threadline_hub::{Joined, LocalUser, NotJoined};
use threadline_projections::Memberships;
use threadline_wire::frame::{self, Limits};
use threadline_wire::{CloseCode, Cursor, Offsets};

use super::hello::Hello;
use super::resume::{self, Backlog, ResumePoint};
use crate::auth::{AuthError, Identity};
use crate::clock;
use crate::hub::snapshot_of;
use crate::rate::cost;
use crate::session::SessionHandle;
use crate::state::Edge;

/// The pause before the projections are asked again that were further behind than the hub's ring goes back.
const BEHIND_PAUSE: Duration = Duration::from_millis(200);

/// A session that is in.
pub(super) struct Opened {
    pub(super) user: UserId,
    pub(super) identity: Identity,
    pub(super) guard: SessionGuard,
    /// The welcome and what the client missed.
    pub(super) first: Vec<Bytes>,
}

/// A session's membership in the hub; leaves it when dropped.
pub(super) struct SessionGuard {
    edge: Arc<Edge>,
    user: Arc<LocalUser<SessionHandle>>,
    session: Arc<SessionHandle>,
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        self.edge.hub.leave(&self.user, &self.session);
    }
}

/// Lets a session in. Fails with the code to close with.
pub(super) async fn open(edge: &Arc<Edge>, hello: Hello, outbox: &Arc<SessionHandle>) -> Result<Opened, CloseCode> {
    tokio::time::timeout(edge.config.sessions.open, enter(edge, hello, outbox))
        .await
        .unwrap_or(Err(CloseCode::Overload))
}

async fn enter(edge: &Arc<Edge>, hello: Hello, outbox: &Arc<SessionHandle>) -> Result<Opened, CloseCode> {
    let identity = edge.auth.verify(&hello.token).await.map_err(|error| {
        tracing::debug!(%error, "refused a hello: {error}");
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
    edge.record_display_name(&identity);
    let _turn = edge.hub.joins().acquire().await.map_err(|_| CloseCode::Drain)?;
    let point = resume::read_cursor(edge, hello.cursor.as_deref()).await?;
    let JoinedSession { from, memberships, joined } = join_hub(edge, &user, &point, outbox).await?;
    let guard = SessionGuard { edge: Arc::clone(edge), user: Arc::clone(&joined.user), session: Arc::clone(outbox) };
    let log = edge.hub.log();
    let joined_at = Cursor { log, next: joined.at.clone() };
    // Where the client is before the backlog; without offsets, a cursor that nothing can be resumed from.
    let next = if matches!(point, ResumePoint::Unusable(_)) { Offsets::new() } else { from.clone() };
    let before = Cursor { log, next };
    let backlog = resume::backlog(edge, &user, point, &from, memberships, joined).await?;
    let first = first_frames(edge, &user, hello.id.as_deref(), (&before, &joined_at), backlog);
    Ok(Opened { user, identity, guard, first })
}

/// A session that has joined the hub.
struct JoinedSession {
    /// The client has every event below these offsets.
    from: Offsets,
    memberships: Memberships,
    joined: Joined<SessionHandle>,
}

/// Asks the hub to join, from the offsets that the client named or else those of the snapshot.
async fn join_hub(
    edge: &Edge,
    user: &UserId,
    point: &ResumePoint,
    session: &Arc<SessionHandle>,
) -> Result<JoinedSession, CloseCode> {
    loop {
        let memberships =
            edge.conversations.memberships(user, point.offsets_in_messages().as_ref()).await.map_err(|error| {
                tracing::warn!(
                    %error,
                    "failed to read the memberships of a session: {error}; it is closed, the client reconnects"
                );
                CloseCode::Overload
            })?;
        let snapshot = || snapshot_of(&memberships, edge.log.partitions(Thread::EVENTS));
        let from = point.from().cloned().unwrap_or_else(snapshot);
        match edge.hub.join(user, session, &memberships, &from).await {
            Ok(joined) => {
                // Of topics that no snapshot covers, a client that starts has what it receives live.
                let live = joined.at.iter().map(|(&topic, at)| (topic, at.clone()));
                let from = live.chain(from).collect();
                return Ok(JoinedSession { from, memberships, joined });
            }
            Err(NotJoined::TooManySessions) => return Err(CloseCode::TooManyConnections),
            Err(NotJoined::Closed) => return Err(CloseCode::Drain),
            // The projection has got further meanwhile. The caller bounds the wait.
            Err(NotJoined::Behind) => tokio::time::sleep(BEHIND_PAUSE).await,
        }
    }
}

/// The welcome, and what was missed. A cursor says that everything before its frame was delivered: so the welcome's is
/// the cursor `before` the backlog, and a pong after the backlog brings the cursor that it leads up to. A client that is
/// cut off in between asks for the backlog again.
fn first_frames(
    edge: &Edge,
    user: &UserId,
    id: Option<&str>,
    (before, joined_at): (&Cursor, &Cursor),
    backlog: Backlog,
) -> Vec<Bytes> {
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
    let cursor = if nothing_missed { joined_at } else { before };
    let welcome =
        frame::welcome(id, user, cursor, recovered, sessions.heartbeat.as_millis() as u64, &limits, clock::now());
    let mut first = Vec::with_capacity(2 + resyncs.len() + events.len());
    first.push(welcome.into());
    first.extend(resyncs);
    first.extend(events);
    if !nothing_missed {
        first.push(frame::pong(None, joined_at).into());
    }
    first
}
