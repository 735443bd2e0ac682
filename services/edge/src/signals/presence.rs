//! Who is present, anywhere: what the edges tell of their users.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadline_domain::{ThreadId, UserId};
use threadline_wire::PresenceStatus;

use crate::config::SignalsConfig;
use crate::metrics;

/// Users who are present, on which edges, and in which threads they are to be shown.
pub(crate) struct Presence {
    users: HashMap<UserId, Present>,
    threads: HashMap<ThreadId, HashSet<UserId>>,
    edges: HashMap<Arc<str>, Instant>,
    pairs: usize,
    /// Whether the log was told that there are too many pairs.
    is_full: bool,
    silent: Duration,
    edges_max: usize,
    pairs_max: usize,
}

#[derive(Default)]
struct Present {
    on: Vec<(Arc<str>, PresenceStatus)>,
    threads: HashSet<ThreadId>,
}

impl Present {
    /// The most present of all edges counts.
    fn status(&self) -> PresenceStatus {
        self.on.iter().map(|(_, status)| *status).max().unwrap_or(PresenceStatus::Offline)
    }
}

/// Something to tell: how present a user is now, to the members of these threads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) user: UserId,
    pub(crate) status: PresenceStatus,
    /// Whether the status is another one than before; otherwise the user is only shown in more threads.
    pub(crate) is_other_status: bool,
    pub(crate) threads: Vec<ThreadId>,
}

impl Presence {
    pub(crate) fn new(config: &SignalsConfig) -> Self {
        Self {
            users: HashMap::new(),
            threads: HashMap::new(),
            edges: HashMap::new(),
            pairs: 0,
            is_full: false,
            silent: config.edge_silent,
            edges_max: config.edges_max,
            pairs_max: config.shown_pairs_max,
        }
    }

    /// An edge was heard of; false when there are too many.
    pub(crate) fn alive(&mut self, edge: &str, now: Instant) -> bool {
        if let Some(heard) = self.edges.get_mut(edge) {
            *heard = now;
            return true;
        }
        if self.edges.len() >= self.edges_max {
            metrics::signals_lost().increment(1);
            return false;
        }
        self.edges.insert(edge.into(), now);
        true
    }

    /// An edge tells how present a user is on it. What changes for members of all the user's threads is to be told to
    /// all of them; otherwise only where the user was not shown before.
    pub(crate) fn heard(
        &mut self,
        edge: &str,
        user: &UserId,
        status: PresenceStatus,
        threads: &[ThreadId],
        now: Instant,
    ) -> Option<Change> {
        if !self.alive(edge, now) {
            return None;
        }
        let (edge, _) = self.edges.get_key_value(edge)?;
        let edge = Arc::clone(edge);
        let before = self.users.get(user).map_or(PresenceStatus::Offline, Present::status);
        if status == PresenceStatus::Offline && before == PresenceStatus::Offline {
            return None;
        }
        let mut shown = Vec::new();
        if status != PresenceStatus::Offline {
            shown.extend(threads.iter().filter(|&&thread| self.show(thread, user)));
        }
        let present = self.users.entry(user.clone()).or_default();
        present.on.retain(|(other, _)| *other != edge);
        if status != PresenceStatus::Offline {
            // Most users are on one edge.
            present.on.reserve_exact(1);
            present.on.push((edge, status));
        }
        let after = present.status();
        if after == before {
            return (!shown.is_empty()).then(|| Change {
                user: user.clone(),
                status: after,
                is_other_status: false,
                threads: shown,
            });
        }
        Some(self.changed(user, after))
    }

    /// Forgets edges that were silent for too long, and their users' presence there.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Change> {
        let silent = self.silent;
        let gone: Vec<_> = self
            .edges
            .extract_if(|_, heard| now.saturating_duration_since(*heard) >= silent)
            .map(|(edge, _)| edge)
            .collect();
        if gone.is_empty() {
            return Vec::new();
        }
        tracing::info!(edges = gone.len(), "{} edges have fallen silent; their users count as offline", gone.len());
        let mut changed = Vec::new();
        for (user, present) in &mut self.users {
            let before = present.status();
            present.on.retain(|(edge, _)| !gone.contains(edge));
            if present.status() != before {
                changed.push((user.clone(), present.status()));
            }
        }
        changed.into_iter().map(|(user, status)| self.changed(&user, status)).collect()
    }

    /// Who is present in a thread.
    pub(crate) fn present_in(&self, thread: ThreadId) -> impl Iterator<Item = (&UserId, PresenceStatus)> {
        let users = self.threads.get(&thread).into_iter().flatten();
        users.filter_map(|user| Some((user, self.users.get(user)?.status())))
    }

    /// Returns the number of members of a thread who are present.
    pub(crate) fn online(&self, thread: ThreadId) -> usize {
        self.threads.get(&thread).map_or(0, HashSet::len)
    }

    /// Returns how present a user is anywhere.
    pub(crate) fn status(&self, user: &UserId) -> PresenceStatus {
        self.users.get(user).map_or(PresenceStatus::Offline, Present::status)
    }

    /// Returns every user who is present.
    pub(crate) fn users(&self) -> impl Iterator<Item = &UserId> {
        self.users.keys()
    }

    /// Returns on which edges a user is present, and the threads that the user is shown in.
    pub(crate) fn of(&self, user: &UserId) -> (Vec<(Arc<str>, PresenceStatus)>, Vec<ThreadId>) {
        let Some(present) = self.users.get(user) else { return Default::default() };
        (present.on.clone(), present.threads.iter().copied().collect())
    }

    /// Returns the edge that answers an edge that has started: the first one by name of all others.
    pub(crate) fn answers(&self, started: &str) -> Option<&str> {
        self.edges.keys().map(AsRef::as_ref).filter(|edge| *edge != started).min()
    }

    /// The user is not in the thread any more.
    pub(crate) fn removed(&mut self, thread: ThreadId, user: &UserId) {
        if let Some(present) = self.users.get_mut(user) {
            present.threads.remove(&thread);
        }
        self.hide(thread, user);
    }

    /// Notes that the user is to be shown in the thread; true when that is new.
    fn show(&mut self, thread: ThreadId, user: &UserId) -> bool {
        if self.threads.get(&thread).is_some_and(|users| users.contains(user)) {
            return false;
        }
        if self.pairs >= self.pairs_max {
            metrics::presence_untold().increment(1);
            if !std::mem::replace(&mut self.is_full, true) {
                tracing::warn!(
                    presence.pairs_max = self.pairs_max,
                    "presence is full (edge.signals.shown_pairs_max): users who come now are not shown to others"
                );
            }
            return false;
        }
        self.pairs += 1;
        self.threads.entry(thread).or_default().insert(user.clone());
        self.users.entry(user.clone()).or_default().threads.insert(thread);
        true
    }

    fn hide(&mut self, thread: ThreadId, user: &UserId) {
        let Some(users) = self.threads.get_mut(&thread) else { return };
        if users.remove(user) {
            self.pairs -= 1;
            self.is_full &= self.pairs >= self.pairs_max / 2;
        }
        if users.is_empty() {
            self.threads.remove(&thread);
        }
    }

    /// What to tell of a user whose presence has changed; nothing is left of one who has gone.
    fn changed(&mut self, user: &UserId, status: PresenceStatus) -> Change {
        let threads: Vec<_> = self.users.get(user).map(|p| p.threads.iter().copied().collect()).unwrap_or_default();
        if status == PresenceStatus::Offline {
            self.users.remove(user);
            for &thread in &threads {
                self.hide(thread, user);
            }
        }
        Change { user: user.clone(), status, is_other_status: true, threads }
    }
}

#[cfg(test)]
mod tests {
    use PresenceStatus::{Active, Away, Offline};
    use uuid::Uuid;

    use super::*;

    const T: ThreadId = ThreadId(Uuid::from_u128(1));
    const U: ThreadId = ThreadId(Uuid::from_u128(2));

    fn ann() -> UserId {
        UserId::new("ann").unwrap()
    }

    fn change(status: PresenceStatus, threads: &[ThreadId]) -> Change {
        Change { user: ann(), status, is_other_status: true, threads: threads.to_vec() }
    }

    fn presence() -> (Presence, Instant) {
        (
            Presence::new(&SignalsConfig { edge_silent: Duration::from_secs(15), ..SignalsConfig::default() }),
            Instant::now(),
        )
    }

    #[test]
    fn the_most_present_edge_counts_and_only_changes_are_told() {
        let (mut presence, now) = presence();
        assert_eq!(presence.heard("one", &ann(), Active, &[T], now), Some(change(Active, &[T])));
        assert_eq!(presence.heard("two", &ann(), Away, &[T], now), None);
        assert_eq!(presence.heard("one", &ann(), Active, &[T], now), None, "said again");
        assert_eq!(presence.heard("one", &ann(), Offline, &[T], now), Some(change(Away, &[T])));
        assert_eq!(presence.heard("two", &ann(), Offline, &[T], now), Some(change(Offline, &[T])));
        assert_eq!(presence.heard("two", &ann(), Offline, &[T], now), None);
        assert_eq!((presence.pairs, presence.users.len(), presence.threads.len()), (0, 0, 0));
    }

    #[test]
    fn further_threads_are_told_without_repeating_the_first() {
        let (mut presence, now) = presence();
        presence.heard("one", &ann(), Active, &[T], now);
        let shown = Change { is_other_status: false, ..change(Active, &[U]) };
        assert_eq!(presence.heard("one", &ann(), Active, &[T, U], now), Some(shown));
        assert_eq!(presence.present_in(U).collect::<Vec<_>>(), [(&ann(), Active)]);
        presence.removed(U, &ann());
        assert_eq!(presence.present_in(U).count(), 0);
        assert_eq!(presence.heard("one", &ann(), Offline, &[T, U], now), Some(change(Offline, &[T])));
    }

    #[test]
    fn a_vanished_edge_takes_its_users_along() {
        let (mut presence, now) = presence();
        presence.heard("one", &ann(), Active, &[T], now);
        presence.heard("two", &UserId::new("ben").unwrap(), Active, &[T], now);
        let later = now + Duration::from_secs(14);
        presence.alive("two", later);
        assert_eq!(presence.expire(later), []);
        let gone = presence.expire(now + Duration::from_secs(15));
        assert_eq!(gone, [change(Offline, &[T])]);
        assert_eq!(presence.present_in(T).count(), 1);
    }
}
