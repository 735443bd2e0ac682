//! Why a command gives no event.

use crate::{Invalid, MessageId, Timestamp};

/// Why a command gives no event: it is already applied, or a rule rejects it.
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
    /// The thread does not exist, or the actor is not in it: people who are not in a thread are not told that it
    /// exists.
    UnknownThread,
    /// A thread with this key exists, and the actor is not in it.
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
        reason: Invalid,
    },
}

/// The outcome of a command, now or at an earlier time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seq of the event that applied it.
    pub seq: u64,
    /// The message concerned, if any.
    pub message: Option<MessageId>,
    /// That message's number.
    pub number: Option<u64>,
    /// The event's time.
    pub at: Timestamp,
}
