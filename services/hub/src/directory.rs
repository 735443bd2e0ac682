//! The table of local users.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use threadline_domain::UserId;

use crate::session::Session;
use crate::user::{Departure, Entered, LocalUser};

/// The local users by id.
#[derive(Debug)]
pub(crate) struct Directory<S>(Mutex<State<S>>);

#[derive(Debug)]
struct State<S> {
    users: HashMap<UserId, Arc<LocalUser<S>>>,
    sessions: usize,
    is_closed: bool,
}

/// Why a session may not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotEntered {
    Closed,
    TooManySessions,
}

impl<S: Session> Directory<S> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State { users: HashMap::new(), sessions: 0, is_closed: false }))
    }

    pub(crate) fn user(&self, id: &UserId) -> Option<Arc<LocalUser<S>>> {
        self.lock().users.get(id).cloned()
    }

    pub(crate) fn users(&self) -> Vec<Arc<LocalUser<S>>> {
        self.lock().users.values().cloned().collect()
    }

    pub(crate) fn sessions(&self) -> usize {
        self.lock().sessions
    }

    /// Adds a session to its user. The session has joined no shard yet.
    pub(crate) fn enter(
        &self,
        id: &UserId,
        session: &Arc<S>,
        per_user_max: usize,
    ) -> Result<Arc<LocalUser<S>>, NotEntered> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(NotEntered::Closed);
        }
        let user = state.users.entry(id.clone()).or_insert_with(|| Arc::new(LocalUser::new(id.clone())));
        let mut user = Arc::clone(user);
        let mut entered = user.enter(session, per_user_max);
        if entered == Entered::Gone {
            user = Arc::new(LocalUser::new(id.clone()));
            entered = user.enter(session, per_user_max);
            state.users.insert(id.clone(), Arc::clone(&user));
        }
        if entered == Entered::TooMany {
            return Err(NotEntered::TooManySessions);
        }
        state.sessions += 1;
        Ok(user)
    }

    /// Removes a session from its user, and the user with the last session.
    pub(crate) fn leave(&self, user: &Arc<LocalUser<S>>, session: &Arc<S>) -> Departure {
        let mut state = self.lock();
        let departure = user.leave(session);
        if departure != Departure::WasNotHere {
            state.sessions -= 1;
        }
        if matches!(departure, Departure::Last(_))
            && state.users.get(user.id()).is_some_and(|known| Arc::ptr_eq(known, user))
        {
            state.users.remove(user.id());
        }
        departure
    }

    /// Lets no further session enter.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
