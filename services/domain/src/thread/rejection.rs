//! Why a command gave no event.

use crate::{Invalid, MessageId, Timestamp};

/// A command gave no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing to do: it was done before, with this outcome. Whoever asked is answered `ok`.
    Settled(Outcome),
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
