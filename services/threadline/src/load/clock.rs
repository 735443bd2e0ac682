//! Time within a run, and its way through message ids.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Stages of a run: what fits into the 12 bits after the id's time.
const STAGE_MAX: u16 = 0x0fff;
/// What fits after them.
const NANOS_MAX: u64 = 0x3fff_ffff_ffff_ffff;

/// A run's own time, in nanoseconds from its begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    begin: Instant,
    begin_ms: u64,
}

impl Clock {
    pub(super) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { begin: Instant::now(), begin_ms: since_epoch.as_millis() as u64 }
    }

    pub(super) fn now_ns(self) -> u64 {
        self.begin.elapsed().as_nanos() as u64
    }

    /// Waits until this time, more precisely than a timer of the runtime would.
    pub(super) fn sleep_until(self, at_ns: u64) {
        if let Some(rest) = at_ns.checked_sub(self.now_ns()) {
            std::thread::sleep(Duration::from_nanos(rest));
        }
    }

    /// A message id (UUIDv7) that says in which stage and for which time the message was scheduled.
    pub(super) fn message_id(self, stage: u16, scheduled_ns: u64) -> Uuid {
        let ms = u128::from(self.begin_ms + scheduled_ns / 1_000_000) << 80;
        let stage = u128::from(stage & STAGE_MAX) << 64;
        Uuid::from_u128(ms | (0x7 << 76) | stage | (0b10 << 62) | u128::from(scheduled_ns & NANOS_MAX))
    }
}

/// The stage and the scheduled time that an id of ours says.
pub(super) fn read_message_id(id: Uuid) -> (u16, u64) {
    let bits = id.as_u128();
    ((bits >> 64) as u16 & STAGE_MAX, bits as u64 & NANOS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_it_was_scheduled() {
        let clock = Clock::start();
        let id = clock.message_id(7, 12_345_678_901);
        assert_eq!(read_message_id(id), (7, 12_345_678_901));
        assert_eq!(id.get_version_num(), 7);
        assert!(clock.message_id(0, 12_345_678_902) > clock.message_id(0, 12_345_678_901));
    }
}
