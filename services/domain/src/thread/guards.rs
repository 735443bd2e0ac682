//! The checks that most commands begin with.

use crate::thread::{Kind, NoEvent, Outcome, Rejection, Role, Thread};
use crate::{Actor, Timestamp, UserId};

impl Thread {
    /// Returns what the actor may do here; for a person who is not in the thread, it does not exist.
    pub(super) fn authority_of(&self, actor: &Actor) -> Result<Authority, Rejection> {
        match actor {
            Actor::User(user) => self.members.get(user).copied().map(Authority::Member),
            Actor::Service(_) => self.kind.map(|_| Authority::Service),
        }
        .ok_or(Rejection::UnknownThread)
    }

    /// Refuses when the thread was archived.
    pub(super) fn check_open(&self) -> Result<(), Rejection> {
        if self.archived_at.is_some() { Err(Rejection::ThreadArchived) } else { Ok(()) }
    }

    /// Refuses in a dm.
    pub(super) fn check_not_dm(&self) -> Result<(), Rejection> {
        if self.is_dm() { Err(Rejection::DmFixed) } else { Ok(()) }
    }

    /// Whether it is a dm.
    pub(super) fn is_dm(&self) -> bool {
        self.kind == Some(Kind::Dm)
    }

    /// Whether this user is an owner and nobody else is.
    pub(super) fn is_last_owner(&self, user: &UserId) -> bool {
        let mut owners = self.members.iter().filter(|(_, role)| **role == Role::Owner);
        owners.next().is_some_and(|(owner, _)| owner == user) && owners.next().is_none()
    }

    /// Returns that the thread is already as the command wants it, as of its last event.
    pub(super) fn already_applied(&self, at: Timestamp) -> NoEvent {
        NoEvent::AlreadyApplied(Outcome { seq: self.last_seq, message: None, number: None, at })
    }
}

/// What an actor may do in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// What the role allows.
    Member(Role),
    /// Everything that an owner may do, from outside.
    Service,
}

impl Authority {
    /// Whether the actor manages members, the title and others' messages.
    pub(super) const fn manages(self) -> bool {
        matches!(self, Self::Member(Role::Owner | Role::Admin) | Self::Service)
    }

    /// Whether the actor decides about roles and archiving.
    pub(super) const fn owns(self) -> bool {
        matches!(self, Self::Member(Role::Owner) | Self::Service)
    }
}
