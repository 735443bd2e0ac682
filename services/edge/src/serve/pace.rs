//! The pace at which a client must take what it asked for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::metrics;

/// How much a client must take in which time.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaceMin {
    pub(super) period: Duration,
    pub(super) bytes: usize,
}

/// Watches the writes of one connection: fails when the client takes less than [`PaceMin`] while something waits for it.
/// Costs nothing while every write finds room.
pub(super) struct Pace {
    min: PaceMin,
    /// While something waits.
    waiting: Option<WaitingWrite>,
}

struct WaitingWrite {
    period: Period,
    timer: Pin<Box<Sleep>>,
}

/// A time in which the client must take something.
struct Period {
    ends: Instant,
    taken: usize,
}

/// The client has taken too little.
struct Stalled;

impl Pace {
    pub(super) const fn new(min: PaceMin) -> Self {
        Self { min, waiting: None }
    }

    /// Passes on the outcome of a write, or fails it with [`io::ErrorKind::TimedOut`].
    pub(super) fn observe(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            return self.poll_stalled(cx);
        }
        if let (Poll::Ready(Ok(count)), Some(waiting)) = (&written, &mut self.waiting) {
            waiting.period.take(*count);
        }
        written
    }

    /// Ends the present period: nothing waits any more.
    pub(super) fn finish(&mut self) {
        self.waiting = None;
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let min = self.min;
        let waiting = self.waiting.get_or_insert_with(|| {
            let period = Period::new(min, Instant::now());
            WaitingWrite { timer: Box::pin(tokio::time::sleep_until(period.ends)), period }
        });
        while waiting.timer.as_mut().poll(cx).is_ready() {
            if waiting.period.renew(min, Instant::now()).is_err() {
                metrics::connections_stalled().increment(1);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")));
            }
            let ends = waiting.period.ends;
            waiting.timer.as_mut().reset(ends);
        }
        Poll::Pending
    }
}

impl Period {
    fn new(min: PaceMin, now: Instant) -> Self {
        Self { ends: now + min.period, taken: 0 }
    }

    fn take(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes);
    }

    /// Begins the next period if this one is over and the client took enough in it.
    fn renew(&mut self, min: PaceMin, now: Instant) -> Result<(), Stalled> {
        if now < self.ends {
            return Ok(());
        }
        if self.taken < min.bytes {
            return Err(Stalled);
        }
        *self = Self::new(min, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: PaceMin = PaceMin { period: Duration::from_secs(10), bytes: 100 };

    #[test]
    fn a_client_that_takes_nothing_for_a_period_has_stalled() {
        let start = Instant::now();
        let mut period = Period::new(MIN, start);
        assert!(period.renew(MIN, start + Duration::from_secs(9)).is_ok());
        assert!(period.renew(MIN, start + Duration::from_secs(10)).is_err());
    }

    #[test]
    fn a_client_that_drips_has_stalled_and_a_slow_one_has_not() {
        let mut now = Instant::now();
        let mut period = Period::new(MIN, now);
        for _ in 0..5 {
            period.take(60);
            period.take(40);
            now += MIN.period;
            assert!(period.renew(MIN, now).is_ok());
        }
        period.take(99);
        assert!(period.renew(MIN, now + MIN.period).is_err());
    }
}
