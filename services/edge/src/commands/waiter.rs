//! Who waits for an outcome, and what they are told.

use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::Position;
use threadline_domain::thread::{Event, Outcome};
use threadline_eventlog::LoggedAggregate;
use tokio::sync::oneshot;

use super::refused::Refused;
use crate::session::SessionHandle;

/// Somebody who waits for the outcome of a command.
pub(crate) enum Waiter<A: LoggedAggregate> {
    /// A call.
    Call(oneshot::Sender<Answered<A>>),
    /// A session's request.
    Session {
        /// The session that receives the answer.
        session: Arc<SessionHandle>,
        /// The request's id as JSON.
        id: Option<Arc<str>>,
        /// Encodes the answer.
        frame: fn(Option<Arc<str>>, Answered<A>) -> Bytes,
    },
}

/// What a waiter is told.
pub(crate) type Answered<A> = Result<Answer<A>, Refused<<A as threadline_domain::Aggregate>::Rejection>>;

/// An outcome as it comes from the log; without position and event when the command had been applied before.
pub(crate) struct Answer<A: LoggedAggregate> {
    pub(crate) outcome: A::Outcome,
    pub(crate) position: Option<Position>,
    pub(crate) event: Option<Arc<A::Event>>,
}

/// What a command led to. `O` and `E` are the aggregate's outcome and event.
#[derive(Clone, Debug)]
pub struct CommandResult<O = Outcome, E = Event> {
    /// The outcome; that of an earlier time when the command changed nothing.
    pub outcome: O,
    /// A position in the log from which on the outcome is included.
    pub position: Position,
    /// The event, when the command caused one.
    pub event: Option<Arc<E>>,
}

impl<A: LoggedAggregate> Waiter<A> {
    pub(super) fn answer(self, answered: Answered<A>) {
        match self {
            // The caller may have gone.
            Self::Call(caller) => drop(caller.send(answered)),
            Self::Session { session, id, frame } => session.finish(Some(frame(id, answered))),
        }
    }
}
