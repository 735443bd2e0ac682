//! Who types where.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use threadline_domain::{ThreadId, UserId};

use crate::config::SignalsConfig;

/// Users seen typing at once; further ones are not shown.
const TYPISTS_MAX: usize = 10_000;

/// Who types in which thread, and until when without a further start.
pub(crate) struct Typing {
    until: HashMap<(ThreadId, UserId), Instant>,
    lasts: Duration,
}

impl Typing {
    pub(crate) fn new(config: &SignalsConfig) -> Self {
        Self { until: HashMap::new(), lasts: Duration::from_millis(config.typing_ms) }
    }

    /// Someone starts, or goes on; true when members are to be told.
    pub(crate) fn start(&mut self, thread: ThreadId, user: &UserId, now: Instant) -> bool {
        let until = now + self.lasts;
        if let Some(known) = self.until.get_mut(&(thread, user.clone())) {
            *known = until;
            return false;
        }
        if self.until.len() >= TYPISTS_MAX {
            metrics::counter!("threadline_edge_signals_lost_total").increment(1);
            return false;
        }
        self.until.insert((thread, user.clone()), until);
        true
    }

    /// Someone stops; true when members are to be told.
    pub(crate) fn stop(&mut self, thread: ThreadId, user: &UserId) -> bool {
        self.until.remove(&(thread, user.clone())).is_some()
    }

    /// Those who have not gone on in time.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(ThreadId, UserId)> {
        if self.until.is_empty() {
            return Vec::new();
        }
        self.until.extract_if(|_, until| *until <= now).map(|(who, _)| who).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const T: ThreadId = ThreadId(Uuid::from_u128(1));

    #[test]
    fn typing_ends_by_itself_unless_it_goes_on() {
        let mut typing = Typing::new(&SignalsConfig { typing_ms: 5_000, ..SignalsConfig::default() });
        let (ann, start) = (UserId::new("ann").unwrap(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!(typing.start(T, &ann, at(0)));
        assert!(!typing.start(T, &ann, at(3_000)), "going on is not told again");
        assert_eq!(typing.expire(at(7_999)), []);
        assert_eq!(typing.expire(at(8_000)), [(T, ann.clone())]);
        assert!(!typing.stop(T, &ann), "it has ended");
        assert!(typing.start(T, &ann, at(9_000)) && typing.stop(T, &ann));
        assert_eq!(typing.expire(at(99_000)), []);
    }
}
