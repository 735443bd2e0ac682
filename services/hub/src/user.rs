//! Users with sessions on this edge.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use threadline_domain::{ThreadId, UserId};

use crate::outputs::Outputs;
use crate::session::Session;

/// A user with at least one session on this edge.
#[derive(Debug)]
pub struct LocalUser<S> {
    id: UserId,
    state: Mutex<State<S>>,
}

#[derive(Debug)]
struct State<S> {
    sessions: Vec<LocalSession<S>>,
    threads: HashSet<ThreadId>,
    is_gone: bool,
}

/// A session in the hub. While it joins, only shards below `shards_joined` deliver to it.
#[derive(Debug)]
struct LocalSession<S> {
    session: Arc<S>,
    shards_joined: usize,
}

/// The result of adding a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The user has the session now.
    Here,
    /// The user has too many sessions.
    TooMany,
    /// The last session left meanwhile: this value of the user is stale.
    Gone,
}

impl<S: Session> LocalUser<S> {
    pub(crate) fn new(id: UserId) -> Self {
        Self { id, state: Mutex::new(State { sessions: Vec::new(), threads: HashSet::new(), is_gone: false }) }
    }

    /// Returns the user's id.
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// Returns the user's sessions.
    pub fn sessions(&self) -> Vec<Arc<S>> {
        self.lock().sessions.iter().map(|local| Arc::clone(&local.session)).collect()
    }

    /// Returns the user's threads.
    pub fn threads(&self) -> Vec<ThreadId> {
        self.lock().threads.iter().copied().collect()
    }

    /// Returns whether the user is a member of the thread.
    pub fn is_member(&self, thread: ThreadId) -> bool {
        self.lock().threads.contains(&thread)
    }

    /// Queues a frame for each of the user's sessions that has joined.
    pub fn push(&self, frame: &Bytes, out: &mut Outputs<S>) {
        self.push_from(usize::MAX - 1, frame, out);
    }

    /// Queues a frame of this shard for each of the user's sessions that has joined the shard.
    pub(crate) fn push_from(&self, shard: usize, frame: &Bytes, out: &mut Outputs<S>) {
        for local in &self.lock().sessions {
            if local.shards_joined > shard {
                out.push(&local.session, frame);
            }
        }
    }

    pub(crate) fn enter(&self, session: &Arc<S>, sessions_max: usize) -> Entered {
        let mut state = self.lock();
        if state.is_gone {
            return Entered::Gone;
        }
        if state.sessions.len() >= sessions_max {
            return Entered::TooMany;
        }
        state.sessions.push(LocalSession { session: Arc::clone(session), shards_joined: 0 });
        Entered::Here
    }

    /// Notes that a session has joined all shards below `shards`.
    pub(crate) fn mark_joined(&self, session: &Arc<S>, shards: usize) {
        if let Some(local) = self.lock().sessions.iter_mut().find(|local| Arc::ptr_eq(&local.session, session)) {
            local.shards_joined = shards;
        }
    }

    /// Removes a session. Returns the user's threads if it was the last session; the user is gone then.
    pub(crate) fn leave(&self, session: &Arc<S>) -> Departure {
        let mut state = self.lock();
        let Some(index) = state.sessions.iter().position(|local| Arc::ptr_eq(&local.session, session)) else {
            return Departure::WasNotHere;
        };
        state.sessions.swap_remove(index);
        if !state.sessions.is_empty() {
            return Departure::OthersStay;
        }
        state.is_gone = true;
        Departure::Last(std::mem::take(&mut state.threads).into_iter().collect())
    }

    /// Adds a thread; false when the user has it already or is gone.
    pub(crate) fn add_thread(&self, thread: ThreadId) -> bool {
        let mut state = self.lock();
        !state.is_gone && state.threads.insert(thread)
    }

    pub(crate) fn remove_thread(&self, thread: ThreadId) {
        self.lock().threads.remove(&thread);
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What must be done when a session leaves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// The session was not here.
    WasNotHere,
    /// The user has other sessions.
    OthersStay,
    /// The user is gone; these were the user's threads.
    Last(Vec<ThreadId>),
}
