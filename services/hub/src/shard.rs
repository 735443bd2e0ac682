//! One event partition: its ring, and the threads in it that have local members.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::{Offset, ThreadId, UserId};

use crate::audience::{Audience, Membership, MembershipEffect};
use crate::directory::Directory;
use crate::entry::{Content, Entry, Event};
use crate::join::{JoinMembership, NotJoined};
use crate::outputs::Outputs;
use crate::published::{Lost, Published, ThreadState};
use crate::ring::Ring;
use crate::session::Session;
use crate::user::LocalUser;

#[derive(Debug)]
pub(crate) struct Shard<S> {
    number: usize,
    next: Offset,
    /// The cause of the last event; an event whose cause is not above it is a duplicate.
    cause: Option<Offset>,
    ring: Ring,
    threads: HashMap<ThreadId, LocalThread<S>>,
}

/// A thread with local members.
#[derive(Debug)]
struct LocalThread<S> {
    users: Vec<Arc<LocalUser<S>>>,
    state: ThreadState,
}

/// A session's request to join one shard.
pub(crate) struct ShardJoin<'a> {
    /// The offset of the membership snapshot; `None` for topics whose events name their users.
    pub(crate) snapshot: Option<Offset>,
    /// The user's memberships in this partition, at the snapshot.
    pub(crate) memberships: Vec<&'a JoinMembership>,
    /// The client has every event below this offset.
    pub(crate) from: Option<Offset>,
}

/// What a session missed in one shard.
pub(crate) struct ShardJoined {
    /// Live events begin at this offset.
    pub(crate) at: Offset,
    /// In the order of the log.
    pub(crate) missed: Vec<Arc<Entry>>,
    /// Whether the ring holds everything since the client's offset. If not, `missed` begins at the snapshot.
    pub(crate) is_covered: bool,
}

impl<S: Session> Shard<S> {
    pub(crate) fn new(number: usize, start: Offset, cause: Option<Offset>, ring_bytes_max: usize) -> Self {
        Self { number, next: start, cause, ring: Ring::new(start, ring_bytes_max), threads: HashMap::new() }
    }

    pub(crate) fn publish(
        &mut self,
        event: Event,
        content: Content,
        directory: &Directory<S>,
        out: &mut Outputs<S>,
    ) -> Published {
        let (offset, cause) = (event.position.offset, event.cause);
        if self.cause.is_some_and(|last| cause <= last) {
            self.next = self.next.max(offset + 1);
            return Published::Duplicate;
        }
        let receivers = match self.receivers(&event, directory) {
            Receivers::SeenBefore => {
                self.passed(offset, cause);
                return Published::Duplicate;
            }
            Receivers::Nobody => Vec::new(),
            Receivers::Somebody(_) if content.frame().is_none() => return Published::FrameWanted(Box::new(event)),
            Receivers::Somebody(users) => users,
        };
        match event.audience {
            Audience::Thread(thread) => self.publish_to_thread(thread, &event, content.frame(), &receivers, out),
            Audience::Users(_) => {
                if let Some(frame) = content.frame() {
                    for user in &receivers {
                        user.push_from(self.number, frame, out);
                    }
                }
            }
        }
        self.passed(offset, cause);
        self.ring.push(Arc::new(Entry::new(event, content)));
        Published::Delivered
    }

    /// Skips an event that nobody can read. Local members of its thread receive `frame` instead.
    pub(crate) fn lose(&mut self, lost: &Lost, frame: &Bytes, out: &mut Outputs<S>) {
        if self.cause.is_some_and(|last| lost.cause <= last) {
            return;
        }
        self.passed(lost.offset, lost.cause);
        if let Some(local) = self.threads.get_mut(&lost.thread) {
            local.state.advance(lost.seq, lost.number);
            local.users.iter().for_each(|user| user.push_from(self.number, frame, out));
        }
    }

    /// Skips a record that says nothing of use.
    pub(crate) fn skip(&mut self, offset: Offset) {
        self.next = self.next.max(offset + 1);
    }

    pub(crate) fn is_duplicate(&self, cause: Offset) -> bool {
        self.cause.is_some_and(|last| cause <= last)
    }

    pub(crate) fn thread(&self, thread: ThreadId) -> Option<ThreadState> {
        self.threads.get(&thread).map(|local| local.state)
    }

    pub(crate) fn members(&self, thread: ThreadId) -> &[Arc<LocalUser<S>>] {
        self.threads.get(&thread).map(|local| local.users.as_slice()).unwrap_or_default()
    }

    /// Queues a frame for the local members of a thread, except for those of one user.
    pub(crate) fn push(&self, thread: ThreadId, except: Option<&UserId>, frame: &Bytes, out: &mut Outputs<S>) {
        for user in self.members(thread).iter().filter(|user| except != Some(user.id())) {
            user.push_from(self.number, frame, out);
        }
    }

    /// Joins a session: from now on it receives live events of the user's threads.
    pub(crate) fn join(
        &mut self,
        user: &Arc<LocalUser<S>>,
        session: &Arc<S>,
        join: &ShardJoin<'_>,
    ) -> Result<ShardJoined, NotJoined> {
        let known_to = join.snapshot.unwrap_or(self.next);
        let from = join.from.unwrap_or(known_to);
        if known_to > self.next || from > self.next || !self.ring.covers(known_to) {
            return Err(NotJoined::Behind);
        }
        for (thread, state) in self.threads_now(user.id(), &join.memberships, known_to) {
            self.add(user, thread, state);
        }
        let is_covered = self.ring.covers(from);
        let missed = self.missed(user.id(), &join.memberships, known_to, if is_covered { from } else { known_to });
        user.mark_joined(session, self.number + 1);
        Ok(ShardJoined { at: self.next, missed, is_covered })
    }

    pub(crate) fn remove(&mut self, user: &Arc<LocalUser<S>>, thread: ThreadId) {
        let Some(local) = self.threads.get_mut(&thread) else { return };
        if let Some(index) = local.users.iter().position(|other| Arc::ptr_eq(other, user)) {
            local.users.swap_remove(index);
        }
        if local.users.is_empty() {
            self.threads.remove(&thread);
        }
    }

    pub(crate) fn forget_frames(&self) {
        self.ring.forget_frames();
    }

    pub(crate) fn ring_bytes(&self) -> usize {
        self.ring.bytes()
    }

    fn passed(&mut self, offset: Offset, cause: Offset) {
        self.cause = Some(cause);
        self.next = self.next.max(offset + 1);
    }

    /// Finds the local users that an event concerns: users that join, or the audience that the event names.
    fn receivers(&self, event: &Event, directory: &Directory<S>) -> Receivers<S> {
        let local = |users: &[UserId]| users.iter().filter_map(|user| directory.user(user)).collect::<Vec<_>>();
        let (users, has_members) = match &event.audience {
            Audience::Users(users) => (local(users), false),
            Audience::Thread(thread) => match self.threads.get(thread) {
                // A second defence, against duplicates whose first copy is older than the hub.
                Some(known) if event.seq <= known.state.last_seq => return Receivers::SeenBefore,
                known => (local(event.membership.joining()), known.is_some()),
            },
        };
        if users.is_empty() && !has_members { Receivers::Nobody } else { Receivers::Somebody(users) }
    }

    fn publish_to_thread(
        &mut self,
        thread: ThreadId,
        event: &Event,
        frame: Option<&Bytes>,
        joining: &[Arc<LocalUser<S>>],
        out: &mut Outputs<S>,
    ) {
        for user in joining {
            if self.add(user, thread, ThreadState::default()) {
                out.joined.push((user.id().clone(), thread));
            }
        }
        if let Some(local) = self.threads.get_mut(&thread) {
            local.state.advance(event.seq, event.number);
            if let Some(frame) = frame {
                local.users.iter().for_each(|user| user.push_from(self.number, frame, out));
            }
        }
        if let Membership::Removed(user) = &event.membership {
            let local = self.members(thread).iter().find(|local| local.id() == user).cloned();
            if let Some(local) = local {
                local.remove_thread(thread);
                self.remove(&local, thread);
            }
            out.removed.push((user.clone(), thread));
        }
    }

    /// Adds a local user to a thread; false when the user was in it. `state` counts for a thread without local members.
    fn add(&mut self, user: &Arc<LocalUser<S>>, thread: ThreadId, state: ThreadState) -> bool {
        if !user.add_thread(thread) {
            return false;
        }
        let local = self.threads.entry(thread).or_insert_with(|| LocalThread { users: Vec::new(), state });
        local.users.push(Arc::clone(user));
        true
    }

    /// Returns the user's threads at the shard's offset: the snapshot, continued from the ring.
    fn threads_now(
        &self,
        user: &UserId,
        memberships: &[&JoinMembership],
        snapshot: Offset,
    ) -> Vec<(ThreadId, ThreadState)> {
        let mut threads: HashMap<_, _> =
            memberships.iter().filter(|known| known.is_member).map(|known| (known.thread, known.state)).collect();
        for entry in self.ring.of_user(user, snapshot) {
            let Some(thread) = entry.thread() else { continue };
            match entry.event.membership.effect(user) {
                MembershipEffect::Joins => _ = threads.entry(thread).or_default(),
                MembershipEffect::Leaves => _ = threads.remove(&thread),
                MembershipEffect::Unchanged => {}
            }
        }
        for (&thread, state) in &mut threads {
            match self.threads.get(&thread) {
                Some(local) => *state = local.state,
                None => {
                    for entry in self.ring.of_thread(thread, snapshot) {
                        state.advance(entry.event.seq, entry.event.number);
                    }
                }
            }
        }
        threads.into_iter().collect()
    }

    /// Returns the events since `start` of all threads that the user is or was in. It includes events at whose offset the
    /// user was not in the thread; [`crate::visible()`] drops those. Costs what it returns and a lookup for each thread, or
    /// a walk over the events since `start`, whichever is less.
    fn missed(
        &self,
        user: &UserId,
        memberships: &[&JoinMembership],
        snapshot: Offset,
        start: Offset,
    ) -> Vec<Arc<Entry>> {
        let count = self.ring.count_since(start);
        if count == 0 {
            return Vec::new();
        }
        let mut threads: HashSet<_> = memberships.iter().map(|known| known.thread).collect();
        // The client may be ahead of the snapshot: these events tell which threads the user is in at the client's offset.
        let changes = self.ring.of_user(user, snapshot.min(start)).filter_map(|entry| Some((entry, entry.thread()?)));
        for (entry, thread) in changes {
            match entry.event.membership.effect(user) {
                MembershipEffect::Joins => _ = threads.insert(thread),
                MembershipEffect::Leaves if entry.offset() < start => _ = threads.remove(&thread),
                MembershipEffect::Leaves | MembershipEffect::Unchanged => {}
            }
        }
        let named = self.ring.of_user(user, start).filter(|entry| entry.thread().is_none());
        let mut missed: Vec<_> = named.cloned().collect();
        if threads.len() < count {
            let entries = threads.iter().flat_map(|&thread| self.ring.of_thread(thread, start));
            missed.extend(entries.cloned());
        } else {
            let is_of_theirs = |entry: &&Arc<Entry>| entry.thread().is_some_and(|thread| threads.contains(&thread));
            missed.extend(self.ring.since(start).filter(is_of_theirs).cloned());
        }
        missed.sort_unstable_by_key(|entry| entry.offset());
        missed
    }
}

enum Receivers<S> {
    /// The event is a duplicate.
    SeenBefore,
    Nobody,
    /// These users, and the thread's local members.
    Somebody(Vec<Arc<LocalUser<S>>>),
}
