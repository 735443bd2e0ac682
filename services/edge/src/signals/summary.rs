//! Numbers in place of names, in threads with many members online.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use threadline_domain::ThreadId;

/// Members online up to which a thread's members are told by name.
pub(crate) const LISTED_MAX: usize = 100;
/// How often the members of a thread are told a number.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(1);

/// What the members of large threads were told last.
#[derive(Default)]
pub(crate) struct Summaries(HashMap<ThreadId, Summary>);

#[derive(Default)]
struct Summary {
    told: Option<usize>,
    at: Option<Instant>,
    is_due: bool,
}

impl Summaries {
    /// Notes that a thread's number may have changed.
    pub(crate) fn mark(&mut self, thread: ThreadId) {
        self.0.entry(thread).or_default().is_due = true;
    }

    /// Returns each thread whose number has changed and that was not told of it for a second. `count` returns the number
    /// now, or nothing for a thread that nobody here is in or that is small and quiet: it is forgotten.
    pub(crate) fn take_due(
        &mut self,
        now: Instant,
        mut count: impl FnMut(ThreadId) -> Option<usize>,
    ) -> Vec<(ThreadId, usize)> {
        let mut due = Vec::new();
        self.0.retain(|&thread, summary| {
            let waits = summary.at.is_some_and(|at| now.saturating_duration_since(at) < SUMMARY_INTERVAL);
            if !summary.is_due || waits {
                return true;
            }
            summary.is_due = false;
            let Some(count) = count(thread) else { return false };
            if summary.told != Some(count) {
                summary.told = Some(count);
                summary.at = Some(now);
                due.push((thread, count));
            }
            true
        });
        due
    }

    /// Returns whether the thread's members were told a number.
    pub(crate) fn is_summed_up(&self, thread: ThreadId) -> bool {
        self.0.get(&thread).is_some_and(|summary| summary.told.is_some())
    }

    /// Forgets a thread whose members are told by name again.
    pub(crate) fn forget(&mut self, thread: ThreadId) {
        self.0.remove(&thread);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_number_is_told_when_it_has_changed_and_once_a_second() {
        const T: ThreadId = ThreadId(Uuid::from_u128(1));
        let (mut summaries, now) = (Summaries::default(), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        summaries.mark(T);
        assert_eq!(summaries.take_due(at(0), |_| Some(101)), [(T, 101)]);
        summaries.mark(T);
        assert_eq!(summaries.take_due(at(999), |_| Some(102)), []);
        assert_eq!(summaries.take_due(at(1_000), |_| Some(102)), [(T, 102)]);
        assert_eq!(summaries.take_due(at(5_000), |_| Some(103)), [], "nothing was marked");
        summaries.mark(T);
        assert_eq!(summaries.take_due(at(9_000), |_| Some(102)), [], "the same number");
        summaries.mark(T);
        assert_eq!(summaries.take_due(at(9_000), |_| None), []);
        assert!(!summaries.is_summed_up(T));
    }
}
