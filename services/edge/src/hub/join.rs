//! Taking in sessions: the views' snapshot of a user's memberships, continued from the ring up to the hub's place.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadline_domain::thread::Change;
use threadline_domain::{Offset, Partition, ThreadId, UserId};
use threadline_projections::Memberships;
use threadline_wire::Cursor;
use tokio::sync::oneshot;

use super::Entry;
use super::actor::Actor;
use crate::ws::Outbox;

/// How long a join waits for the hub to reach the place it is to start from.
const WAIT: Duration = Duration::from_secs(5);

/// A session that wants to be taken in.
pub(crate) struct Join {
    /// Its user.
    pub(crate) user: UserId,
    /// Its queue: events come in from the moment it is taken in.
    pub(crate) session: Arc<Outbox>,
    /// The user's memberships, those that ended at or behind `from` too.
    pub(crate) memberships: Memberships,
    /// The place from which on the client has no events.
    pub(crate) from: BTreeMap<Partition, Offset>,
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Result<Joined, NotJoined>>,
}

/// A session was taken in.
pub(crate) struct Joined {
    /// The hub's place at that moment.
    pub(crate) cursor: Cursor,
    /// The memberships that the session came with.
    pub(crate) memberships: Memberships,
    /// Events in the ring that the client may have missed, by partition and offset. Not only those that it may see: an
    /// event of one of its threads may lie where the user was not in it.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Partitions whose ring begins behind `from`: what is missing lies between `from` and the memberships' progress.
    pub(crate) uncovered: Vec<Partition>,
}

/// Why a session was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotJoined {
    /// The user has as many sessions here as one may have.
    TooManyConnections,
    /// The views are further behind than the ring goes back, or the hub is behind the views.
    Behind,
    /// The edge is going.
    Leaving,
}

/// Joins that wait for the hub to get further, each with its deadline.
pub(super) type Joining = Vec<(Instant, Box<Join>)>;

impl Actor {
    pub(super) fn on_join(&mut self, join: Box<Join>) {
        self.try_join(Instant::now() + WAIT, join);
    }

    /// Looks again at those that wait.
    pub(super) fn retry_joins(&mut self) {
        for (until, join) in std::mem::take(&mut self.joining) {
            self.try_join(until, join);
        }
    }

    fn try_join(&mut self, until: Instant, join: Box<Join>) {
        if self.deps.place.draining() {
            return refuse(*join, NotJoined::Leaving);
        }
        let per_user_max = self.deps.config.sessions.per_user_max;
        if self.index.user(&join.user).is_some_and(|user| user.sessions.len() >= per_user_max) {
            return refuse(*join, NotJoined::TooManyConnections);
        }
        let progress = self.progress(&join.memberships);
        let place = &self.deps.place;
        if !place.caught_up() || !place.reached(&progress) || !place.reached(&join.from) {
            if Instant::now() >= until {
                return refuse(*join, NotJoined::Behind);
            }
            return self.joining.push((until, join));
        }
        if progress.iter().any(|(&partition, &next)| !self.partitions[partition as usize].ring.covers(next)) {
            return refuse(*join, NotJoined::Behind);
        }
        self.take_in(*join, &progress);
    }

    /// The snapshot's place in every partition.
    fn progress(&self, memberships: &Memberships) -> BTreeMap<Partition, Offset> {
        let next = |partition| memberships.progress.get(&partition).map_or(0, |progress| progress.next);
        (0..self.partitions.len() as Partition).map(|partition| (partition, next(partition))).collect()
    }

    fn take_in(&mut self, join: Join, progress: &BTreeMap<Partition, Offset>) {
        let Join { user, session, memberships, from, reply } = join;
        let first = self.index.enter(&user, Arc::clone(&session));
        if first {
            for (thread, last) in self.threads_now(&user, &memberships, progress) {
                self.index.add(&user, thread, last);
            }
        }
        let (entries, uncovered) = self.missed(&user, &memberships, &from, progress);
        let joined = Joined { cursor: self.deps.place.cursor(), memberships, entries, uncovered };
        if reply.send(Ok(joined)).is_err() {
            // The session did not wait.
            return self.on_leave(&user, &session);
        }
        self.tell_who_is_present(&user, &session);
        self.announcer.touch(&user);
    }

    /// The user's threads at the hub's place, each with its last seq and number.
    fn threads_now(
        &self,
        user: &UserId,
        memberships: &Memberships,
        progress: &BTreeMap<Partition, Offset>,
    ) -> HashMap<ThreadId, (u64, u64)> {
        let current = memberships.threads.iter().filter(|membership| membership.role.is_some());
        let mut threads: HashMap<_, _> = current.map(|m| (m.thread, (m.last_seq, m.last_number))).collect();
        for (&partition, &next) in progress {
            for entry in self.partitions[partition as usize].ring.since(next) {
                match entry.about.joins(user) {
                    Some(true) => drop(threads.entry(entry.thread).or_default()),
                    Some(false) => drop(threads.remove(&entry.thread)),
                    None => {}
                }
                if let Some(last) = threads.get_mut(&entry.thread)
                    && let Some(event) = entry.event()
                {
                    last.0 = event.seq;
                    if let Change::MessagePosted(posted) = &event.change {
                        last.1 = posted.number;
                    }
                }
            }
        }
        threads
    }

    /// Events of the user's threads since `from`, as far as the ring goes back, and where it does not.
    fn missed(
        &self,
        user: &UserId,
        memberships: &Memberships,
        from: &BTreeMap<Partition, Offset>,
        progress: &BTreeMap<Partition, Offset>,
    ) -> (Vec<Arc<Entry>>, Vec<Partition>) {
        let mut threads: HashSet<_> = memberships.threads.iter().map(|membership| membership.thread).collect();
        let (mut entries, mut uncovered) = (Vec::new(), Vec::new());
        for (&partition, &snapshot) in progress {
            let ring = &self.partitions[partition as usize].ring;
            let client = from.get(&partition).copied().unwrap_or(snapshot);
            let start = if ring.covers(client) {
                client
            } else {
                uncovered.push(partition);
                snapshot
            };
            // A client may be ahead of the snapshot: where it is in or out by then is known from what lies between.
            for entry in ring.since(snapshot.min(start)) {
                let behind = entry.position.offset < start;
                match entry.about.joins(user) {
                    Some(true) => _ = threads.insert(entry.thread),
                    Some(false) if behind => _ = threads.remove(&entry.thread),
                    _ => {}
                }
                if !behind && threads.contains(&entry.thread) {
                    entries.push(Arc::clone(entry));
                }
            }
        }
        (entries, uncovered)
    }

    pub(super) fn on_leave(&mut self, user: &UserId, session: &Arc<Outbox>) {
        if let Some(gone) = self.index.leave(user, session) {
            self.announcer.left(gone);
        } else {
            self.announcer.touch(user);
        }
    }
}

fn refuse(join: Join, reason: NotJoined) {
    // The session may have gone.
    let _ = join.reply.send(Err(reason));
}
