//! A bucket of tokens that fills steadily.

use std::time::{Duration, Instant};

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

    /// How long an empty bucket takes to be full again.
    pub(super) fn refill(self) -> Duration {
        Duration::from_secs_f64(self.burst / self.per_second)
    }
}

/// One bucket.
#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst, filled_at: now }
    }

    /// Takes `cost` tokens, or fails with how many milliseconds it takes until they are there. What costs more than a
    /// full bucket holds takes a full one.
    pub(crate) fn take(&mut self, rate: Rate, cost: u32, now: Instant) -> Result<(), u64> {
        let cost = f64::from(cost).min(rate.burst);
        self.tokens = self.tokens_at(rate, now);
        self.filled_at = now;
        if self.tokens >= cost {
            self.tokens -= cost;
            Ok(())
        } else {
            Err(((cost - self.tokens) / rate.per_second * 1_000.0).ceil() as u64)
        }
    }

    /// Whether nothing is lost when it is forgotten.
    pub(super) fn is_full(&self, rate: Rate, now: Instant) -> bool {
        self.tokens_at(rate, now) >= rate.burst
    }

    fn tokens_at(&self, rate: Rate, now: Instant) -> f64 {
        let waited_s = now.saturating_duration_since(self.filled_at).as_secs_f64();
        (self.tokens + waited_s * rate.per_second).min(rate.burst)
    }
}
