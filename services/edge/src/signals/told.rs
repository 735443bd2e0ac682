//! Who was told of whom, and what is still to be told.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use threadline_domain::UserId;

/// Pairs of a user and a local user who was told of the first one.
const PAIRS_MAX: usize = 1_000_000;
/// A local user receives the changes of so much time in one frame.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Which local users were told how present a user is. Whoever was told is told of each change; others are not. So a
/// change costs what it is worth to those who know, and a user who is known already costs nothing.
#[derive(Default)]
pub(crate) struct Told {
    /// Local users who were told, by the user that they were told of.
    watchers: HashMap<UserId, HashSet<UserId>>,
    pairs: usize,
    /// Users that each local user is still to be told of.
    due: BTreeMap<UserId, BTreeSet<UserId>>,
    /// Local users who were told a moment ago.
    recent: HashMap<UserId, Instant>,
}

impl Told {
    /// Notes that a local user knows of `user` from now on; true when that is new.
    pub(crate) fn note(&mut self, watcher: &UserId, user: &UserId) -> bool {
        if watcher == user || self.watchers.get(user).is_some_and(|watchers| watchers.contains(watcher)) {
            return false;
        }
        if self.pairs >= PAIRS_MAX {
            metrics::counter!("threadline_edge_presence_untold_total").increment(1);
            return false;
        }
        self.pairs += 1;
        self.watchers.entry(user.clone()).or_default().insert(watcher.clone())
    }

    /// Has a local user told of `user` who does not know of `user` yet.
    pub(crate) fn introduce(&mut self, watcher: &UserId, user: &UserId) {
        if self.note(watcher, user) {
            self.due.entry(watcher.clone()).or_default().insert(user.clone());
        }
    }

    /// Has everybody told who knows of `user`.
    pub(crate) fn changed(&mut self, user: &UserId) {
        for watcher in self.watchers.get(user).into_iter().flatten() {
            self.due.entry(watcher.clone()).or_default().insert(user.clone());
        }
    }

    /// Forgets who knows of a user who has gone; they are still told of that.
    pub(crate) fn gone(&mut self, user: &UserId) {
        self.changed(user);
        self.pairs -= self.watchers.remove(user).map_or(0, |watchers| watchers.len());
    }

    /// Forgets that a local user knows of `user`.
    pub(crate) fn forget(&mut self, watcher: &UserId, user: &UserId) {
        let Some(watchers) = self.watchers.get_mut(user) else { return };
        if watchers.remove(watcher) {
            self.pairs -= 1;
        }
        if watchers.is_empty() {
            self.watchers.remove(user);
        }
        if let Some(due) = self.due.get_mut(watcher) {
            due.remove(user);
        }
    }

    /// Notes that a local user was just told of everybody.
    pub(crate) fn told_all(&mut self, watcher: &UserId) {
        self.due.remove(watcher);
    }

    /// Returns whom to tell now, of whom. Who was told a moment ago waits.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(UserId, BTreeSet<UserId>)> {
        self.recent.retain(|_, told| now.saturating_duration_since(*told) < TELL_EVERY);
        let waits = |watcher: &UserId| self.recent.contains_key(watcher);
        let due: Vec<_> = self.due.extract_if(.., |watcher, _| !waits(watcher)).collect();
        self.recent.extend(due.iter().map(|(watcher, _)| (watcher.clone(), now)));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn only_those_who_know_are_told_of_changes_and_nobody_twice() {
        let (mut told, now) = (Told::default(), Instant::now());
        let [ann, ben, cleo] = ["ann", "ben", "cleo"].map(user);
        told.introduce(&ann, &ben);
        told.introduce(&ann, &ben);
        told.changed(&cleo);
        assert_eq!(told.take_due(now), [(ann.clone(), BTreeSet::from([ben.clone()]))]);
        told.introduce(&ann, &ben);
        assert_eq!(told.take_due(now + TELL_EVERY), [], "ann knows of ben");
        told.changed(&ben);
        told.introduce(&ann, &cleo);
        let both = BTreeSet::from([ben.clone(), cleo.clone()]);
        assert_eq!(told.take_due(now + TELL_EVERY), [(ann.clone(), both)], "in one frame");
        told.changed(&ben);
        assert_eq!(told.take_due(now + TELL_EVERY), [], "a moment ago");
        told.gone(&ben);
        assert_eq!(told.take_due(now + 2 * TELL_EVERY).len(), 1);
        told.forget(&ann, &cleo);
        told.changed(&cleo);
        assert_eq!(told.take_due(now + 3 * TELL_EVERY), []);
        assert_eq!((told.pairs, told.watchers.len()), (0, 0));
    }
}
