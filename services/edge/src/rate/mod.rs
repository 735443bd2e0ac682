//! How much one user may ask: a bucket of tokens for each, filled steadily.
//!
//! A full bucket says nothing, so only those that are not full are kept. They are few: every bucket is full again after
//! `burst / per_second` seconds. Where there are more than `users_max` of them at once, the rest share buckets, by a hash
//! that nobody outside can foresee: nobody gains tokens by being forgotten, and memory is bounded.

mod bucket;
pub(crate) mod cost;

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lru::LruCache;
use threadline_domain::{Actor, UserId};

use crate::config::RateConfig;

pub(crate) use bucket::{Bucket, Rate};

/// Buckets that users beyond `users_max` share.
const SHARED_BUCKETS: usize = 1_024;
/// Full buckets that one call forgets, so that a crowd that has gone takes no memory.
const FORGOTTEN_PER_CALL: usize = 2;

/// The buckets of all users and services. Shared by HTTP and WebSocket.
pub struct RateLimits {
    users: Rate,
    services: Rate,
    users_max: NonZeroUsize,
    hasher: RandomState,
    buckets: Mutex<Buckets>,
}

struct Buckets {
    /// By the written form of the actor; the one used last comes first.
    own: LruCache<Box<str>, Bucket>,
    shared: Vec<Bucket>,
}

impl RateLimits {
    /// With every bucket full.
    pub fn new(config: &RateConfig) -> Self {
        Self {
            users: Rate::new(config.per_second, config.burst),
            services: Rate::new(config.service_per_second, config.service_burst),
            users_max: NonZeroUsize::new(config.users_max).unwrap_or(NonZeroUsize::MIN),
            hasher: RandomState::new(),
            buckets: Mutex::new(Buckets { own: LruCache::unbounded(), shared: Vec::new() }),
        }
    }

    /// Takes `cost` tokens from the user's bucket; fails with how many milliseconds it takes until they are there.
    pub fn take(&self, user: &UserId, cost: u32) -> Result<(), u64> {
        self.take_at(user.as_str(), self.users, cost, Instant::now())
    }

    /// Likewise for a user or a service, which has a rate of its own.
    pub fn take_as(&self, actor: &Actor, cost: u32) -> Result<(), u64> {
        let rate = match actor {
            Actor::User(_) => self.users,
            Actor::Service(_) => self.services,
        };
        self.take_at(actor.as_str(), rate, cost, Instant::now())
    }

    fn take_at(&self, actor: &str, rate: Rate, cost: u32, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.own.get_mut(actor) {
            return bucket.take(rate, cost, now);
        }
        self.forget_full(&mut buckets, now);
        if buckets.own.len() < self.users_max.get() {
            return buckets.own.get_or_insert_mut(actor.into(), || Bucket::full(rate, now)).take(rate, cost, now);
        }
        if buckets.shared.is_empty() {
            buckets.shared = vec![Bucket::full(self.users, now); SHARED_BUCKETS];
        }
        let shared = self.hasher.hash_one(actor) as usize % SHARED_BUCKETS;
        buckets.shared[shared].take(self.users, cost, now)
    }

    /// Forgets the buckets that were not used for longest, as far as they are full.
    fn forget_full(&self, buckets: &mut Buckets, now: Instant) {
        // What is full at the slower of the two rates is full at both.
        let slower = if self.users.refill() >= self.services.refill() { self.users } else { self.services };
        for _ in 0..FORGOTTEN_PER_CALL {
            match buckets.own.peek_lru() {
                Some((_, bucket)) if bucket.is_full(slower, now) => drop(buckets.own.pop_lru()),
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limits(per_second: u32, burst: u32, users_max: usize) -> RateLimits {
        RateLimits::new(&RateConfig { per_second, burst, users_max, ..RateConfig::default() })
    }

    impl RateLimits {
        fn take_user(&self, user: &str, cost: u32, now: Instant) -> Result<(), u64> {
            self.take_at(user, self.users, cost, now)
        }
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let limits = limits(10, 3, 8);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limits.take_user("ann", 1, start), Ok(()));
        }
        assert_eq!(limits.take_user("ann", 1, start), Err(100));
        assert_eq!(limits.take_user("ben", 1, start), Ok(()), "another user has a bucket of its own");
        assert_eq!(limits.take_user("ann", 1, start + Duration::from_millis(100)), Ok(()));
        let later = start + Duration::from_hours(1);
        assert_eq!(limits.take_user("ann", 3, later), Ok(()));
        assert_eq!(limits.take_user("ann", 1, later), Err(100), "a bucket holds no more than its burst");
    }

    #[test]
    fn what_costs_more_than_a_bucket_holds_is_given_by_a_full_one() {
        let limits = limits(1, 2, 8);
        let start = Instant::now();
        assert_eq!(limits.take_user("ann", 100, start), Ok(()));
        assert_eq!(limits.take_user("ann", 100, start), Err(2_000));
    }

    #[test]
    fn a_crowd_does_not_refill_a_bucket() {
        let limits = limits(1, 4, 16);
        let start = Instant::now();
        assert_eq!(limits.take_user("eve", 4, start), Ok(()));
        for n in 0..10_000 {
            let _ = limits.take_user(&format!("user-{n}"), 1, start);
        }
        assert_eq!(limits.take_user("eve", 1, start), Err(1_000));
        assert_eq!(limits.buckets.lock().unwrap().own.len(), 16, "only so many users are remembered");
    }

    #[test]
    fn users_of_a_crowd_have_no_more_than_a_bucket_each() {
        let limits = limits(1, 4, 16);
        let start = Instant::now();
        let crowd: Vec<String> = (0..5_000).map(|n| format!("user-{n}")).collect();
        for user in &crowd {
            let given = (0..10).filter(|_| limits.take_user(user, 1, start).is_ok()).count();
            assert!(given <= 4, "{user} got {given}");
        }
    }

    #[test]
    fn a_crowd_that_has_gone_leaves_nothing_behind() {
        let limits = limits(1, 4, 100);
        let start = Instant::now();
        for n in 0..100 {
            assert_eq!(limits.take_user(&format!("user-{n}"), 1, start), Ok(()));
        }
        let later = start + Duration::from_mins(1);
        for n in 0..60 {
            assert_eq!(limits.take_user(&format!("later-{n}"), 1, later), Ok(()), "full buckets make room");
        }
        assert_eq!(limits.buckets.lock().unwrap().own.len(), 60);
    }

    #[test]
    fn a_service_has_a_rate_of_its_own() {
        let config = RateConfig { per_second: 1, burst: 1, service_per_second: 1, service_burst: 9, users_max: 8 };
        let (limits, service) = (RateLimits::new(&config), "service:shop".parse().unwrap());
        assert_eq!(limits.take_as(&service, 9), Ok(()));
        assert!(limits.take_as(&service, 1).is_err());
        let user = UserId::new("ann").unwrap();
        assert_eq!(limits.take(&user, 1), Ok(()));
        assert!(limits.take_as(&user.into(), 1).is_err(), "one bucket on all ways");
    }
}
