//! Who receives an event, and whose membership it changes.

use threadline_domain::{ThreadId, UserId};

/// The receivers of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The members of a thread at the event's offset.
    Thread(ThreadId),
    /// These users. Disputes and payments name their audience, because topics have no order among each other.
    Users(Box<[UserId]>),
}

/// The membership change that an event makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    Unchanged,
    /// A new thread with these members.
    Created(Box<[UserId]>),
    /// A user joined the thread.
    Added(UserId),
    /// A user left the thread or was removed.
    Removed(UserId),
}

/// What an event changes for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipEffect {
    Unchanged,
    /// The user is a member from this event on, the event included.
    Joins,
    /// The user is no member after this event; the event itself is still delivered.
    Leaves,
}

impl Membership {
    /// Returns what the event changes for this user.
    pub fn effect(&self, user: &UserId) -> MembershipEffect {
        match self {
            Self::Created(users) if users.contains(user) => MembershipEffect::Joins,
            Self::Added(added) if added == user => MembershipEffect::Joins,
            Self::Removed(removed) if removed == user => MembershipEffect::Leaves,
            _ => MembershipEffect::Unchanged,
        }
    }

    /// Returns the users that join with the event.
    pub fn joining(&self) -> &[UserId] {
        match self {
            Self::Created(users) => users,
            Self::Added(user) => std::slice::from_ref(user),
            Self::Unchanged | Self::Removed(_) => &[],
        }
    }

    /// Returns every user whose membership changes.
    pub fn users(&self) -> &[UserId] {
        match self {
            Self::Removed(user) => std::slice::from_ref(user),
            _ => self.joining(),
        }
    }
}
