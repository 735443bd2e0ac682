//! What the edge asks of the task for signals.

use std::sync::Arc;

use threadline_domain::{ThreadId, UserId};
use threadline_wire::PresenceStatus;

use crate::session::SessionHandle;

/// A session, and the request that it waits for an answer to.
pub(crate) struct Requester {
    /// The session's user.
    pub(crate) user: UserId,
    /// The session.
    pub(crate) session: Arc<SessionHandle>,
    /// The request's id as JSON; without one, only a failure is answered.
    pub(crate) id: Option<Arc<str>>,
}

/// What the edge asks of the task for signals.
pub(crate) enum SignalRequest {
    /// A session shows that its user types, or stops.
    Typing { requester: Requester, thread: ThreadId, active: bool },
    /// A session shows how present its user is.
    Presence { requester: Requester, status: PresenceStatus },
    /// A session has joined the hub.
    Entered { user: UserId, session: Arc<SessionHandle> },
    /// A session has left; with the user's threads if it was the user's last one here.
    Left { user: UserId, threads: Option<Vec<ThreadId>> },
    /// A local user has joined a thread.
    Joined { user: UserId, thread: ThreadId },
    /// A user, local or not, has left a thread.
    Removed { user: UserId, thread: ThreadId },
}
