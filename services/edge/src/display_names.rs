//! The users that this edge wrote to the log with their display names, so that it writes none twice.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use threadline_domain::UserId;
use threadline_sealing::Keyring;

use crate::config::NamesConfig;
use crate::metrics;
use crate::rate::{Bucket, Rate};

/// Users and their names as this edge last saw them.
///
/// A user takes 16 bytes: hashes of the id and of the name. Two generations stand for "seen lately": when the younger one
/// is full it becomes the older one, and whoever comes again moves into the younger one. Beyond that many users names are
/// written again, within a rate.
pub(crate) struct DisplayNames {
    hasher: RandomState,
    generation_max: usize,
    rate: Rate,
    seen: Mutex<Seen>,
}

/// Stands for the name of a user without one: no name is empty.
const NO_NAME: &str = "";

struct Seen {
    /// [`Keyring::destroyed_count`] at the last look.
    destroyed: u64,
    younger: HashMap<u64, u64>,
    older: HashMap<u64, u64>,
    bucket: Bucket,
}

impl DisplayNames {
    pub(crate) fn new(config: &NamesConfig) -> Self {
        let rate = Rate::new(config.per_second, config.burst);
        let bucket = Bucket::full(rate, Instant::now());
        let seen = Seen { destroyed: 0, younger: HashMap::new(), older: HashMap::new(), bucket };
        Self { hasher: RandomState::new(), generation_max: (config.users_max / 2).max(1), rate, seen: Mutex::new(seen) }
    }

    /// Whether this name of this user is to be written now: it is new here, and the rate allows it. What the rate does
    /// not allow stays new. Without a name, whoever is known here by any is not new.
    pub(crate) fn claim(&self, user: &UserId, name: Option<&str>) -> bool {
        let (user, name) = (self.hasher.hash_one(user.as_str()), name.map(|name| self.hasher.hash_one(name)));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.younger.get(&user).or_else(|| seen.older.get(&user)).copied();
        let name = name.or(last).unwrap_or_else(|| self.hasher.hash_one(NO_NAME));
        if seen.younger.get(&user) == Some(&name) {
            return false;
        }
        let is_known = last == Some(name);
        if !is_known && seen.bucket.take(self.rate, 1, Instant::now()).is_err() {
            metrics::names_deferred().increment(1);
            return false;
        }
        seen.younger.insert(user, name);
        if seen.younger.len() >= self.generation_max {
            seen.older = std::mem::take(&mut seen.younger);
        }
        !is_known
    }

    /// Forgets the names of authors whose keys were destroyed since the last call: those names are erased in the log, so the
    /// author's next request writes the name again, under a new key.
    pub(crate) fn note_destroyed(&self, keyring: &Keyring) {
        let destroyed = keyring.destroyed_count();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.destroyed == destroyed {
            return;
        }
        for subject in keyring.destroyed_since(seen.destroyed) {
            let user = self.hasher.hash_one(subject.as_str());
            seen.younger.remove(&user);
            seen.older.remove(&user);
        }
        seen.destroyed = destroyed;
    }

    /// Makes this name new again, unless the user has another one by now.
    pub(crate) fn forget(&self, user: &UserId, name: Option<&str>) {
        let (user, name) = (self.hasher.hash_one(user.as_str()), self.hasher.hash_one(name.unwrap_or(NO_NAME)));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = &mut *seen;
        for generation in [&mut seen.younger, &mut seen.older] {
            if generation.get(&user) == Some(&name) {
                generation.remove(&user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn names(users_max: usize, burst: u32) -> DisplayNames {
        DisplayNames::new(&NamesConfig { users_max, per_second: 1, burst })
    }

    #[test]
    fn a_name_that_did_not_get_through_is_new_again_unless_another_came() {
        let (names, user) = (names(10, 100), user("ann"));
        assert!(names.claim(&user, Some("Ann")) && !names.claim(&user, Some("Ann")));
        names.forget(&user, Some("Ann"));
        assert!(names.claim(&user, Some("Ann")));
        assert!(names.claim(&user, Some("Anna")));
        names.forget(&user, Some("Ann"));
        assert!(!names.claim(&user, Some("Anna")));
        assert!(names.claim(&user, Some("Ann")), "a name that comes back is new");
    }

    #[test]
    fn a_name_that_changes_back_is_new_in_either_generation() {
        let names = names(4, 100);
        assert!(names.claim(&user("ann"), Some("Ann")));
        assert!(names.claim(&user("x"), Some("X")), "the generation is full");
        assert!(names.claim(&user("ann"), Some("Anna")));
        assert!(names.claim(&user("ann"), Some("Ann")));
    }

    #[test]
    fn a_user_without_a_name_is_new_once_and_takes_no_name_away() {
        let (names, ann, bob) = (names(10, 100), user("ann"), user("bob"));
        assert!(names.claim(&ann, None) && !names.claim(&ann, None));
        assert!(names.claim(&ann, Some("Ann")), "the first name");
        assert!(!names.claim(&ann, None) && !names.claim(&ann, Some("Ann")), "she has one");
        assert!(names.claim(&bob, None));
        names.forget(&bob, None);
        assert!(names.claim(&bob, None));
    }

    #[test]
    fn who_comes_again_is_remembered_through_a_crowd() {
        let names = names(100, 10_000);
        assert!(names.claim(&user("ann"), Some("Ann")));
        for n in 0..1_000 {
            assert!(names.claim(&user(&format!("user-{n}")), Some("X")));
            assert!(!names.claim(&user("ann"), Some("Ann")), "after {n}");
        }
        let seen = names.seen.lock().unwrap();
        assert!(seen.younger.len() + seen.older.len() <= 100, "memory is bounded");
    }

    #[test]
    fn a_crowd_beyond_the_bound_is_written_again_only_within_the_rate() {
        let names = names(10, 25);
        let round = || (0..20).filter(|n| names.claim(&user(&format!("user-{n}")), Some("X"))).count();
        assert_eq!(round(), 20);
        let again: usize = (0..50).map(|_| round()).sum();
        assert!(again <= 6, "{again} written again");
    }
}
