//! Why a command gives no event.

use crate::{Invalid, MessageId, Timestamp};

/// Why a command gives no event: its effect is there already, or a rule rejects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoEvent {
    /// An earlier event has this effect. The client gets `ok` with that event's outcome.
    AlreadyApplied(Outcome),
    /// A rule rejects it.
    Rejected(Rejection),
}

impl From<Rejection> for NoEvent {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The rule that rejects a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No such thread, or the actor is not in it: whoever is not in a thread is not told that it exists.
    UnknownThread,
    /// There is a thread with this key, and the actor is not in it.
    KeyTaken,
    /// The thread is archived.
    ThreadArchived,
    /// The actor's role does not allow it.
    Forbidden,
    /// A dm's members, roles and end are fixed.
    DmFixed,
    /// The named user is not in the thread.
    UnknownMember,
    /// A thread keeps at least one owner.
    LastOwner,
    /// No such message in the thread.
    UnknownMessage,
    /// The message was deleted.
    MessageDeleted,
    /// This message id was used with another body.
    MessageConflict,
    /// A field's value is refused.
    Invalid {
        /// The field as the contract spells it, such as `message.content`.
        field: &'static str,
        /// Why.
        reason: Invalid,
    },
}

/// What a command led to, now or at an earlier time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seq of the event that settled it.
    pub seq: u64,
    /// The message concerned, if any.
    pub message: Option<MessageId>,
    /// That message's number.
    pub number: Option<u64>,
    /// The event's time.
    pub at: Timestamp,
}
