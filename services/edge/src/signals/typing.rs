//! Who types where.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use threadline_domain::{ThreadId, UserId};

use crate::config::SignalsConfig;
use crate::metrics;

/// Who types in which thread, and until when without another start.
pub(crate) struct Typing {
    typists: HashMap<(ThreadId, UserId), Typist>,
    counts: HashMap<ThreadId, usize>,
    lasts: Duration,
    typists_max: usize,
}

struct Typist {
    until: Instant,
    is_told_by_name: bool,
}

/// What changes for the members of a thread when somebody starts or stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypingChange {
    /// Nothing.
    Nothing,
    /// They are told the name.
    Name,
    /// The number of typists is another one.
    Count,
}

impl Typing {
    pub(crate) fn new(config: &SignalsConfig) -> Self {
        Self { typists: HashMap::new(), counts: HashMap::new(), lasts: config.typing, typists_max: config.typists_max }
    }

    /// A user starts, or goes on. `by_name` says how the thread's members are told.
    pub(crate) fn start(&mut self, thread: ThreadId, user: &UserId, by_name: bool, now: Instant) -> TypingChange {
        let until = now + self.lasts;
        if let Some(known) = self.typists.get_mut(&(thread, user.clone())) {
            known.until = until;
            return TypingChange::Nothing;
        }
        if self.typists.len() >= self.typists_max {
            metrics::signals_lost().increment(1);
            return TypingChange::Nothing;
        }
        self.typists.insert((thread, user.clone()), Typist { until, is_told_by_name: by_name });
        *self.counts.entry(thread).or_default() += 1;
        if by_name { TypingChange::Name } else { TypingChange::Count }
    }

    /// A user stops.
    pub(crate) fn stop(&mut self, thread: ThreadId, user: &UserId) -> TypingChange {
        match self.typists.remove(&(thread, user.clone())) {
            Some(typist) => self.stopped(thread, &typist),
            None => TypingChange::Nothing,
        }
    }

    /// Returns those who have not gone on in time.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(ThreadId, UserId, TypingChange)> {
        if self.typists.is_empty() {
            return Vec::new();
        }
        let expired: Vec<_> = self.typists.extract_if(|_, typist| typist.until <= now).collect();
        expired.into_iter().map(|((thread, user), typist)| (thread, user, self.stopped(thread, &typist))).collect()
    }

    /// Returns whether a start of this user is known and lasts for long enough that another one says nothing.
    pub(crate) fn is_fresh(&self, thread: ThreadId, user: &UserId, now: Instant) -> bool {
        self.typists.get(&(thread, user.clone())).is_some_and(|typist| typist.until >= now + self.lasts * 3 / 4)
    }

    /// Returns the number of users who type in a thread.
    pub(crate) fn count(&self, thread: ThreadId) -> usize {
        self.counts.get(&thread).copied().unwrap_or_default()
    }

    fn stopped(&mut self, thread: ThreadId, typist: &Typist) -> TypingChange {
        if let Some(count) = self.counts.get_mut(&thread) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&thread);
            }
        }
        if typist.is_told_by_name { TypingChange::Name } else { TypingChange::Count }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const T: ThreadId = ThreadId(Uuid::from_u128(1));

    #[test]
    fn typing_ends_by_itself_unless_it_goes_on() {
        use TypingChange::{Count, Name, Nothing};
        let mut typing = Typing::new(&SignalsConfig { typing: Duration::from_secs(4), ..SignalsConfig::default() });
        let (ann, start) = (UserId::new("ann").unwrap(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(typing.start(T, &ann, true, at(0)), Name);
        assert!(typing.is_fresh(T, &ann, at(1_000)) && !typing.is_fresh(T, &ann, at(1_001)));
        assert_eq!(typing.start(T, &ann, true, at(3_000)), Nothing, "going on is not told again");
        assert_eq!((typing.count(T), typing.expire(at(6_999))), (1, vec![]));
        assert_eq!(typing.expire(at(7_000)), [(T, ann.clone(), Name)]);
        assert_eq!(typing.stop(T, &ann), Nothing, "it has ended");
        assert_eq!(typing.start(T, &ann, false, at(9_000)), Count);
        assert_eq!(typing.stop(T, &ann), Count);
        assert_eq!((typing.count(T), typing.expire(at(99_000))), (0, vec![]));
    }
}
