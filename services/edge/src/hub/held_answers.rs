//! Answers that wait for an event.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::delivered::Delivered;
use super::shared::Core;
use crate::commands::Commands;

/// Answers to commands of one aggregate that changed nothing because an earlier event had done so, where the hub has
/// not seen that event yet. Bounded by the commands that wait.
///
/// The hub knows the last event of threads with local members only, so no answer waits for an event that names its users.
pub(super) struct HeldAnswers<A: Delivered> {
    answers: Mutex<Vec<HeldAnswer<A>>>,
    count: AtomicUsize,
}

struct HeldAnswer<A: Delivered> {
    id: A::Id,
    outcome: A::Outcome,
    request: u64,
}

impl<A: Delivered> HeldAnswers<A> {
    pub(super) fn new() -> Self {
        Self { answers: Mutex::default(), count: AtomicUsize::new(0) }
    }

    /// Answers a command that changed nothing, after the event that it repeats.
    pub(super) fn settle(&self, core: &Core, commands: &Commands<A>, id: A::Id, outcome: A::Outcome, request: u64) {
        let answer = HeldAnswer { id, outcome, request };
        if let Some(answer) = settle(core, commands, answer) {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.push(answer);
            self.count.store(answers.len(), Ordering::Release);
        }
    }

    /// Gives the answers whose event has come; forgets those that nobody waits for any more.
    pub(super) fn release(&self, core: &Core, commands: &Commands<A>) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = std::mem::take(&mut *answers).into_iter();
        let waiting = waiting.filter(|answer| commands.waits(answer.request));
        *answers = waiting.filter_map(|answer| settle(core, commands, answer)).collect();
        self.count.store(answers.len(), Ordering::Release);
    }
}

/// Answers, or hands the answer back because its event has not come yet.
fn settle<A: Delivered>(core: &Core, commands: &Commands<A>, answer: HeldAnswer<A>) -> Option<HeldAnswer<A>> {
    let thread = A::thread_of(answer.id).and_then(|thread| Some((thread, core.hub.thread(thread)?)));
    let position = match thread {
        Some((_, state)) if state.last_seq < A::seq_of(&answer.outcome) => return Some(answer),
        Some((thread, _)) => Some(core.last_position(thread)),
        None => None,
    };
    commands.answer_already_applied(answer.request, answer.outcome, position);
    None
}
