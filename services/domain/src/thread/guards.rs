//! The questions that most commands ask first.

use crate::thread::{Kind, Outcome, Rejection, Role, Thread};
use crate::{Timestamp, UserId};

impl Thread {
    /// The actor's role; to whoever is not in the thread it does not exist.
    pub(super) fn role_of(&self, actor: &UserId) -> Result<Role, Rejection> {
        self.members.get(actor).copied().ok_or(Rejection::UnknownThread)
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

    /// "It is so already": as of the thread's last event.
    pub(super) fn settled(&self, at: Timestamp) -> Rejection {
        Rejection::Settled(Outcome { seq: self.last_seq, message: None, number: None, at })
    }
}

impl Role {
    /// Whether the role looks after the thread: its members, its title, others' messages.
    pub(super) const fn manages(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}
