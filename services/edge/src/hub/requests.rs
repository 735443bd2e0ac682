//! What sessions ask of the hub.

use std::sync::Arc;
use std::time::Duration;

use threadline_domain::{ThreadId, UserId};
use threadline_wire::PresenceStatus;
use tokio::sync::oneshot;

use super::Join;
use crate::ws::Outbox;

/// A session, and the request that it waits for an answer to.
pub(crate) struct Asked {
    /// The session's user.
    pub(crate) user: UserId,
    /// The session.
    pub(crate) session: Arc<Outbox>,
    /// The request's id as JSON; none, no answer, unless it fails.
    pub(crate) id: Option<Arc<str>>,
}

/// What sessions ask of the hub.
pub(crate) enum Request {
    /// To be taken in.
    Join(Box<Join>),
    /// To be let go.
    Leave { user: UserId, session: Arc<Outbox> },
    /// To mark a thread as read.
    Read { asked: Asked, thread: ThreadId, number: u64 },
    /// To show that one types, or stops.
    Typing { asked: Asked, thread: ThreadId, active: bool },
    /// To show how present one is.
    Presence { asked: Asked, status: PresenceStatus },
    /// To let everybody go within this time, and say when they have gone.
    Drain { window: Duration, done: oneshot::Sender<()> },
}
