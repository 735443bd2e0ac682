//! Who was told of whom, and what is still to be told.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use threadline_domain::UserId;

use super::interned::{Interned, UserKey};
use crate::config::SignalsConfig;
use crate::metrics;

/// A local user receives the changes of so much time in one frame.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Which local users were told how present a user is. A local user who was told is told of each change; others are not.
/// So a change costs what it is worth to those who know, and a user who is known already costs nothing.
///
/// Ids are kept as numbers: in a thread of 100 everybody knows of everybody.
pub(crate) struct Told {
    ids: Interned,
    /// Local users who were told, by the user that they were told of. Each entry and each member holds its number.
    watchers: HashMap<UserKey, HashSet<UserKey>>,
    pairs: usize,
    pairs_max: usize,
    /// Users that each local user is still to be told of. Each entry and each member holds its number.
    due: BTreeMap<UserKey, BTreeSet<UserKey>>,
    /// Local users who were told a moment ago. Each entry holds its number.
    recent: HashMap<UserKey, Instant>,
}

impl Told {
    pub(crate) fn new(config: &SignalsConfig) -> Self {
        Self {
            ids: Interned::default(),
            watchers: HashMap::new(),
            pairs: 0,
            pairs_max: config.told_pairs_max,
            due: BTreeMap::new(),
            recent: HashMap::new(),
        }
    }

    /// Notes that a local user knows of `user` from now on; true when that is new.
    pub(crate) fn note(&mut self, watcher: &UserId, user: &UserId) -> bool {
        self.note_keys(watcher, user).is_some()
    }

    /// Has a local user told of `user` who does not know of `user` yet.
    pub(crate) fn introduce(&mut self, watcher: &UserId, user: &UserId) {
        if let Some((watcher, user)) = self.note_keys(watcher, user) {
            self.set_due(watcher, user);
        }
    }

    /// Has everybody told who knows of `user`.
    pub(crate) fn changed(&mut self, user: &UserId) {
        let Some(user) = self.ids.find(user) else { return };
        let Some(watchers) = self.watchers.remove(&user) else { return };
        for &watcher in &watchers {
            self.set_due(watcher, user);
        }
        self.watchers.insert(user, watchers);
    }

    /// Forgets who knows of a user who has gone; they are still told of that.
    pub(crate) fn gone(&mut self, user: &UserId) {
        self.changed(user);
        let Some(user) = self.ids.find(user) else { return };
        let Some(watchers) = self.watchers.remove(&user) else { return };
        self.pairs -= watchers.len();
        self.release_all(watchers);
        self.ids.release(user);
        self.shrink();
    }

    /// Forgets that a local user knows of `user`.
    pub(crate) fn forget(&mut self, watcher: &UserId, user: &UserId) {
        let (Some(watcher), Some(user)) = (self.ids.find(watcher), self.ids.find(user)) else { return };
        if let Some(due) = self.due.get_mut(&watcher)
            && due.remove(&user)
        {
            if due.is_empty() {
                self.due.remove(&watcher);
                self.ids.release(watcher);
            }
            self.ids.release(user);
        }
        let Some(watchers) = self.watchers.get_mut(&user) else { return };
        if watchers.remove(&watcher) {
            self.pairs -= 1;
            self.ids.release(watcher);
        }
        if self.watchers.get(&user).is_some_and(HashSet::is_empty) {
            self.watchers.remove(&user);
            self.ids.release(user);
            self.shrink();
        }
    }

    /// Notes that a local user was just told of everybody.
    pub(crate) fn told_all(&mut self, watcher: &UserId) {
        let Some(watcher) = self.ids.find(watcher) else { return };
        if let Some(due) = self.due.remove(&watcher) {
            self.release_all(due);
            self.ids.release(watcher);
        }
    }

    /// Returns whom to tell now, of whom. Who was told a moment ago waits.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(UserId, Vec<UserId>)> {
        let old = self.recent.extract_if(|_, told| now.saturating_duration_since(*told) >= TELL_EVERY);
        for (watcher, _) in old.collect::<Vec<_>>() {
            self.ids.release(watcher);
        }
        let due: Vec<_> = self.due.extract_if(.., |watcher, _| !self.recent.contains_key(watcher)).collect();
        let mut told = Vec::with_capacity(due.len());
        for (watcher, users) in due {
            // The entry of `recent` takes over what the entry of `due` held.
            self.recent.insert(watcher, now);
            self.ids.hold_again(watcher);
            let users = users.into_iter().filter_map(|user| self.ids.release(user)).collect();
            told.extend(self.ids.release(watcher).map(|watcher| (watcher, users)));
        }
        told
    }

    /// Notes a pair that is new, and returns its numbers.
    fn note_keys(&mut self, watcher: &UserId, user: &UserId) -> Option<(UserKey, UserKey)> {
        if watcher == user {
            return None;
        }
        let known = self.ids.find(user).and_then(|user| Some((user, self.watchers.get(&user)?)));
        if let (Some((_, watchers)), Some(watcher)) = (&known, self.ids.find(watcher))
            && watchers.contains(&watcher)
        {
            return None;
        }
        if self.pairs >= self.pairs_max {
            metrics::presence_untold().increment(1);
            return None;
        }
        let user = match known {
            Some((user, _)) => user,
            None => self.ids.hold(user),
        };
        let watcher = self.ids.hold(watcher);
        self.pairs += 1;
        self.watchers.entry(user).or_default().insert(watcher);
        Some((watcher, user))
    }

    fn set_due(&mut self, watcher: UserKey, user: UserKey) {
        let due = self.due.entry(watcher).or_default();
        if due.is_empty() {
            self.ids.hold_again(watcher);
        }
        if due.insert(user) {
            self.ids.hold_again(user);
        }
    }

    fn release_all(&mut self, keys: impl IntoIterator<Item = UserKey>) {
        for key in keys {
            self.ids.release(key);
        }
    }

    /// Returns the memory of a crowd that has gone.
    fn shrink(&mut self) {
        if self.watchers.len() < self.watchers.capacity() / 4 {
            self.watchers.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn sorted(mut told: Vec<(UserId, Vec<UserId>)>) -> Vec<(UserId, Vec<UserId>)> {
        for (_, users) in &mut told {
            users.sort();
        }
        told.sort();
        told
    }

    #[test]
    fn only_those_who_know_are_told_of_changes_and_nobody_twice() {
        let (mut told, now) = (Told::new(&SignalsConfig::default()), Instant::now());
        let [ann, ben, cleo] = ["ann", "ben", "cleo"].map(user);
        told.introduce(&ann, &ben);
        told.introduce(&ann, &ben);
        told.changed(&cleo);
        assert_eq!(told.take_due(now), [(ann.clone(), vec![ben.clone()])]);
        told.introduce(&ann, &ben);
        assert_eq!(told.take_due(now + TELL_EVERY), [], "ann knows of ben");
        told.changed(&ben);
        told.introduce(&ann, &cleo);
        let both = vec![ben.clone(), cleo.clone()];
        assert_eq!(sorted(told.take_due(now + TELL_EVERY)), [(ann.clone(), both)], "in one frame");
        told.changed(&ben);
        assert_eq!(told.take_due(now + TELL_EVERY), [], "a moment ago");
        told.gone(&ben);
        assert_eq!(told.take_due(now + 2 * TELL_EVERY), [(ann.clone(), vec![ben])]);
        told.forget(&ann, &cleo);
        told.changed(&cleo);
        assert_eq!(told.take_due(now + 3 * TELL_EVERY), []);
        assert_eq!((told.pairs, told.watchers.len(), told.ids.len()), (0, 0, 0), "nothing is left");
    }

    #[test]
    fn a_crowd_that_has_gone_leaves_nothing_behind() {
        let (mut told, now) = (Told::new(&SignalsConfig::default()), Instant::now());
        let crowd: Vec<_> = (0..100).map(|n| user(&format!("user-{n}"))).collect();
        for one in &crowd {
            for other in &crowd {
                told.introduce(one, other);
            }
        }
        assert_eq!(told.take_due(now).len(), 100);
        let (leaving, going) = crowd.split_at(50);
        for one in leaving {
            for other in &crowd {
                told.forget(one, other);
            }
            told.gone(one);
        }
        for one in going {
            told.gone(one);
        }
        assert_eq!(sorted(told.take_due(now + TELL_EVERY)).len(), 50, "those who stay are told that the others go");
        told.take_due(now + 2 * TELL_EVERY);
        assert_eq!((told.pairs, told.ids.len(), told.recent.len(), told.due.len()), (0, 0, 0, 0));
        assert!(told.watchers.capacity() < 50);
    }
}
