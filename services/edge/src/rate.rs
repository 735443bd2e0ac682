//! How much one user may ask: a bucket of tokens for each, filled steadily.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lru::LruCache;
use threadline_domain::UserId;

use crate::config::RateConfig;

/// The buckets of all users seen lately. Shared by HTTP and WebSocket.
pub struct RateLimits {
    rate: Rate,
    buckets: Mutex<LruCache<UserId, Bucket>>,
}

impl RateLimits {
    /// With every bucket full.
    pub fn new(config: &RateConfig) -> Self {
        let users_max = NonZeroUsize::new(config.users_max).unwrap_or(NonZeroUsize::MIN);
        let rate = Rate::new(config.per_second, config.burst);
        Self { rate, buckets: Mutex::new(LruCache::new(users_max)) }
    }

    /// Takes `cost` tokens from the user's bucket; fails with how many milliseconds it takes until they are there.
    pub fn take(&self, user: &UserId, cost: u32) -> Result<(), u64> {
        self.take_at(user, cost, Instant::now())
    }

    fn take_at(&self, user: &UserId, cost: u32, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get_or_insert_mut_ref(user, || Bucket::full(self.rate, now)).take(self.rate, cost, now)
    }
}

/// What all buckets of a kind have in common.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    per_second: f64,
    burst: f64,
}

impl Rate {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second: f64::from(per_second.max(1)), burst: f64::from(burst.max(1)) }
    }
}

pub(crate) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst, filled_at: now }
    }

    /// Takes `cost` tokens, or fails with how many milliseconds it takes until they are there.
    pub(crate) fn take(&mut self, rate: Rate, cost: u32, now: Instant) -> Result<(), u64> {
        let cost = f64::from(cost).min(rate.burst);
        let waited_s = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + waited_s * rate.per_second).min(rate.burst);
        self.filled_at = now;
        if self.tokens >= cost {
            self.tokens -= cost;
            Ok(())
        } else {
            Err(((cost - self.tokens) / rate.per_second * 1_000.0).ceil() as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let limits = RateLimits::new(&RateConfig { per_second: 10, burst: 3, users_max: 8 });
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limits.take_at(&user("ann"), 1, start), Ok(()));
        }
        assert_eq!(limits.take_at(&user("ann"), 1, start), Err(100));
        assert_eq!(limits.take_at(&user("ben"), 1, start), Ok(()), "another user has a bucket of its own");
        assert_eq!(limits.take_at(&user("ann"), 1, start + Duration::from_millis(100)), Ok(()));
        let later = start + Duration::from_hours(1);
        assert_eq!(limits.take_at(&user("ann"), 3, later), Ok(()));
        assert_eq!(limits.take_at(&user("ann"), 1, later), Err(100), "a bucket holds no more than its burst");
    }

    #[test]
    fn what_costs_more_than_a_bucket_holds_is_given_by_a_full_one() {
        let limits = RateLimits::new(&RateConfig { per_second: 1, burst: 2, users_max: 8 });
        let start = Instant::now();
        assert_eq!(limits.take_at(&user("ann"), 100, start), Ok(()));
        assert_eq!(limits.take_at(&user("ann"), 100, start), Err(2_000));
    }

    #[test]
    fn only_so_many_users_are_remembered() {
        let limits = RateLimits::new(&RateConfig { per_second: 1, burst: 1, users_max: 2 });
        let start = Instant::now();
        for id in ["a", "b", "c"] {
            assert_eq!(limits.take_at(&user(id), 1, start), Ok(()));
        }
        assert_eq!(limits.buckets.lock().unwrap().len(), 2);
    }
}
