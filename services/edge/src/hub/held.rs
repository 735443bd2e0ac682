//! Answers that wait for an event.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use threadline_domain::ThreadId;
use threadline_domain::thread::Outcome;

use super::shared::Core;

/// Answers to commands that changed nothing because an earlier event had settled them, where the hub has not seen that
/// event yet. Bounded by the commands that wait.
#[derive(Default)]
pub(super) struct Held {
    answers: Mutex<Vec<HeldAnswer>>,
    count: AtomicUsize,
}

struct HeldAnswer {
    thread: ThreadId,
    outcome: Outcome,
    request: u64,
}

impl Held {
    /// Answers a command that changed nothing, behind the event that settled it.
    pub(super) fn settle(&self, core: &Core, thread: ThreadId, outcome: Outcome, request: u64) {
        let answer = HeldAnswer { thread, outcome, request };
        if let Some(answer) = settle(core, answer) {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.push(answer);
            self.count.store(answers.len(), Ordering::Release);
        }
    }

    /// Gives the answers whose event has come; forgets those that nobody waits for any more.
    pub(super) fn release(&self, core: &Core) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = std::mem::take(&mut *answers).into_iter();
        let waiting = waiting.filter(|answer| core.deps.commands.waits(answer.request));
        *answers = waiting.filter_map(|answer| settle(core, answer)).collect();
        self.count.store(answers.len(), Ordering::Release);
    }
}

/// Answers, or hands the answer back because its event has not come yet.
fn settle(core: &Core, answer: HeldAnswer) -> Option<HeldAnswer> {
    let HeldAnswer { thread, ref outcome, request } = answer;
    let position = match core.hub.thread(thread) {
        Some(state) if state.last_seq < outcome.seq => return Some(answer),
        Some(_) => Some(core.last_position(thread)),
        None => None,
    };
    core.deps.commands.settled_before(request, answer.outcome, position);
    None
}
