//! Who is here: local users with their sessions and threads, and threads with their local users.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use threadline_domain::{ThreadId, UserId};
use threadline_wire::PresenceStatus;

use crate::ws::Outbox;

/// A place in the table of local users.
pub(crate) type Slot = u32;

/// Local users and the threads they are in. A user has one membership, whatever the number of sessions.
#[derive(Default)]
pub(crate) struct Index {
    users: Vec<Option<LocalUser>>,
    free: Vec<Slot>,
    slots: HashMap<UserId, Slot>,
    threads: HashMap<ThreadId, LocalThread>,
    sessions: usize,
}

/// A user with at least one session on this edge.
pub(crate) struct LocalUser {
    pub(crate) id: UserId,
    pub(crate) sessions: Vec<Arc<Outbox>>,
    pub(crate) threads: HashSet<ThreadId>,
}

impl LocalUser {
    /// How present the user is here: the most present session counts.
    pub(crate) fn status(&self) -> PresenceStatus {
        let active = self.sessions.iter().any(|session| !session.is_away());
        if active { PresenceStatus::Active } else { PresenceStatus::Away }
    }
}

/// A thread with at least one local user.
#[derive(Debug, Default)]
pub(crate) struct LocalThread {
    users: Vec<Slot>,
    /// The seq of its last event.
    pub(crate) last_seq: u64,
    /// The number of its last message, as far as this edge knows.
    pub(crate) last_number: u64,
}

impl Index {
    /// The local user of this name.
    pub(crate) fn user(&self, id: &UserId) -> Option<&LocalUser> {
        self.users[*self.slots.get(id)? as usize].as_ref()
    }

    pub(crate) fn thread(&self, thread: ThreadId) -> Option<&LocalThread> {
        self.threads.get(&thread)
    }

    pub(crate) fn thread_mut(&mut self, thread: ThreadId) -> Option<&mut LocalThread> {
        self.threads.get_mut(&thread)
    }

    pub(crate) fn is_member(&self, user: &UserId, thread: ThreadId) -> bool {
        self.user(user).is_some_and(|user| user.threads.contains(&thread))
    }

    pub(crate) fn sessions(&self) -> usize {
        self.sessions
    }

    pub(crate) fn all_sessions(&self) -> impl Iterator<Item = &Arc<Outbox>> {
        self.users.iter().flatten().flat_map(|user| &user.sessions)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &LocalUser> {
        self.users.iter().flatten()
    }

    /// Local users in a thread.
    pub(crate) fn members(&self, thread: ThreadId) -> impl ExactSizeIterator<Item = Slot> {
        self.threads.get(&thread).map(|thread| thread.users.as_slice()).unwrap_or_default().iter().copied()
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&LocalUser> {
        self.users.get(slot as usize).and_then(Option::as_ref)
    }

    /// Takes in a session; true when it is the user's first here.
    pub(crate) fn enter(&mut self, id: &UserId, session: Arc<Outbox>) -> bool {
        self.sessions += 1;
        if let Some(&slot) = self.slots.get(id) {
            if let Some(user) = &mut self.users[slot as usize] {
                user.sessions.push(session);
            }
            return false;
        }
        let user = LocalUser { id: id.clone(), sessions: vec![session], threads: HashSet::new() };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.users.push(None);
            (self.users.len() - 1) as Slot
        });
        self.users[slot as usize] = Some(user);
        self.slots.insert(id.clone(), slot);
        true
    }

    /// Lets a session go. With the user's last one the user goes too, and is handed back.
    pub(crate) fn leave(&mut self, id: &UserId, session: &Arc<Outbox>) -> Option<LocalUser> {
        let slot = *self.slots.get(id)?;
        let user = self.users[slot as usize].as_mut()?;
        let place = user.sessions.iter().position(|other| Arc::ptr_eq(other, session))?;
        user.sessions.swap_remove(place);
        self.sessions -= 1;
        if !user.sessions.is_empty() {
            return None;
        }
        let user = self.users[slot as usize].take()?;
        self.slots.remove(id);
        self.free.push(slot);
        for &thread in &user.threads {
            self.forget(thread, slot);
        }
        Some(user)
    }

    /// Puts a local user into a thread; true when that is new. `last` is the thread's last seq and number, for a thread
    /// that nobody here was in.
    pub(crate) fn add(&mut self, id: &UserId, thread: ThreadId, last: (u64, u64)) -> bool {
        let Some(&slot) = self.slots.get(id) else { return false };
        let Some(user) = &mut self.users[slot as usize] else { return false };
        if !user.threads.insert(thread) {
            return false;
        }
        let local = self.threads.entry(thread);
        let local = local.or_insert_with(|| LocalThread { users: Vec::new(), last_seq: last.0, last_number: last.1 });
        local.users.push(slot);
        true
    }

    /// Takes a local user out of a thread; true when the user was in it.
    pub(crate) fn remove(&mut self, id: &UserId, thread: ThreadId) -> bool {
        let Some(&slot) = self.slots.get(id) else { return false };
        let Some(user) = &mut self.users[slot as usize] else { return false };
        let was_in = user.threads.remove(&thread);
        if was_in {
            self.forget(thread, slot);
        }
        was_in
    }

    /// Queues a frame for every session of the thread's local users, except those of `except`; how many that were.
    pub(crate) fn push(&self, thread: ThreadId, except: Option<&UserId>, frame: &Utf8Bytes) -> usize {
        let mut deliveries = 0;
        for slot in self.members(thread) {
            let Some(user) = self.at(slot) else { continue };
            if except == Some(&user.id) {
                continue;
            }
            for session in &user.sessions {
                session.push(frame.clone());
            }
            deliveries += user.sessions.len();
        }
        deliveries
    }

    fn forget(&mut self, thread: ThreadId, slot: Slot) {
        let Some(local) = self.threads.get_mut(&thread) else { return };
        if let Some(place) = local.users.iter().position(|&other| other == slot) {
            local.users.swap_remove(place);
        }
        if local.users.is_empty() {
            self.threads.remove(&thread);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::config::SessionConfig;

    const T: ThreadId = ThreadId(Uuid::from_u128(1));

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn session() -> Arc<Outbox> {
        Arc::new(Outbox::new(&SessionConfig::default()))
    }

    #[test]
    fn a_frame_reaches_every_session_of_a_threads_users_and_no_other() {
        let mut index = Index::default();
        let (one, two, ben, cleo) = (session(), session(), session(), session());
        assert!(index.enter(&user("ann"), Arc::clone(&one)));
        assert!(!index.enter(&user("ann"), Arc::clone(&two)));
        assert!(index.enter(&user("ben"), Arc::clone(&ben)));
        assert!(index.enter(&user("cleo"), Arc::clone(&cleo)));
        assert!(index.add(&user("ann"), T, (3, 2)) && index.add(&user("ben"), T, (9, 9)));
        assert_eq!(index.push(T, None, &"hi".into()), 3);
        assert_eq!(index.push(T, Some(&user("ann")), &"typing".into()), 1);
        for (session, frames) in [(&one, 1), (&two, 1), (&ben, 2), (&cleo, 0)] {
            assert_eq!(std::iter::from_fn(|| session.pop()).count(), frames);
        }
        assert_eq!(
            index.thread(T).map(|thread| thread.last_seq),
            Some(3),
            "the first to come says where the thread is"
        );
    }

    #[test]
    fn nothing_is_left_of_who_has_gone() {
        let mut index = Index::default();
        let (one, two) = (session(), session());
        index.enter(&user("ann"), Arc::clone(&one));
        index.enter(&user("ann"), Arc::clone(&two));
        index.add(&user("ann"), T, (1, 0));
        assert!(index.leave(&user("ann"), &one).is_none());
        assert!(index.leave(&user("ann"), &one).is_none(), "a session goes once");
        assert!(index.is_member(&user("ann"), T));
        assert!(index.leave(&user("ann"), &two).is_some());
        assert!(index.thread(T).is_none() && index.user(&user("ann")).is_none());
        assert_eq!(index.sessions(), 0);
        assert!(index.enter(&user("ben"), one), "the slot is used again");
        assert!(!index.is_member(&user("ben"), T));
    }

    #[test]
    fn whoever_is_removed_gets_nothing_more() {
        let mut index = Index::default();
        let one = session();
        index.enter(&user("ann"), Arc::clone(&one));
        index.add(&user("ann"), T, (1, 0));
        assert!(index.remove(&user("ann"), T));
        assert!(!index.remove(&user("ann"), T));
        assert_eq!(index.push(T, None, &"hi".into()), 0);
    }
}
