//! Builds commands from messages: looks up what is here, and follows each thread's membership schedule.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use threadline_domain::thread::MessageFact;
use threadline_domain::{Actor, MessageId, ThreadId, Timestamp};
use threadline_sealing::Keyring;

use super::membership_schedule::MembershipSchedule;
use super::plan::Plan;
use super::planned_commands::{Comparison, PlannedCommand, Step, of_new, of_present};
use super::present::Present;
use super::reading::IncomingMessage;
use super::records::ThreadIndex;
use super::tally::Tally;
use crate::error::Error;
use crate::storage::Storage;

/// Orders of threads without messages that are returned together, and what one thread more brings.
const ORDERS_AT_ONCE: usize = 512;

/// What an import writes to, and reads before it does.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) storage: Storage,
    pub(super) keyring: Keyring,
}

/// Numbers of messages that read marks name.
pub(super) type Numbers = HashMap<(ThreadId, MessageId), u64>;

/// Turns messages into commands, in their order.
pub(super) struct CommandBuilder {
    plan: Arc<Plan>,
    present: Arc<Present>,
    /// None when nothing is here yet.
    target: Option<Target>,
    now: Timestamp,
    schedules: HashMap<ThreadIndex, MembershipSchedule>,
    begun: HashSet<ThreadIndex>,
    /// The next thread to look at when there are no more messages.
    next_rest: ThreadIndex,
    /// Authors that were asked about, and whether they are erased.
    erased: HashMap<Actor, bool>,
    wanted: Arc<HashSet<(ThreadId, MessageId)>>,
    /// Counts what needs no command.
    pub(super) tally: Tally,
    /// Numbers of messages that are here.
    pub(super) numbers: Numbers,
}

impl CommandBuilder {
    pub(super) fn new(
        plan: Arc<Plan>,
        present: Arc<Present>,
        target: Option<Target>,
        wanted: Arc<HashSet<(ThreadId, MessageId)>>,
        now: Timestamp,
    ) -> Self {
        Self {
            plan,
            present,
            target,
            now,
            schedules: HashMap::new(),
            begun: HashSet::new(),
            next_rest: ThreadIndex(0),
            erased: HashMap::new(),
            wanted,
            tally: Tally::default(),
            numbers: Numbers::new(),
        }
    }

    /// Takes messages and returns what they ask for.
    pub(super) async fn take(&mut self, messages: Vec<IncomingMessage>) -> Result<Vec<PlannedCommand>, Error> {
        let facts = self.facts(&messages).await?;
        let mut steps = Vec::with_capacity(messages.len());
        for message in messages {
            let index = message.thread;
            let id = (self.plan.thread(index).id, message.id);
            let fact = facts.get(&id);
            if let Some(fact) = fact.filter(|_| self.wanted.contains(&id)) {
                self.numbers.insert(id, fact.number);
            }
            self.step(message, fact, &mut steps);
        }
        self.with_edits(steps).await
    }

    /// Returns a part of what is left when there are no more messages: threads without any. `None` when nothing is left.
    pub(super) fn take_rest(&mut self) -> Option<Vec<PlannedCommand>> {
        let plan = Arc::clone(&self.plan);
        let mut steps = Vec::new();
        while steps.len() < ORDERS_AT_ONCE {
            let Some(thread) = plan.threads.get(self.next_rest.0) else { break };
            let index = self.next_rest;
            self.next_rest.0 += 1;
            if thread.is_left_out {
                continue;
            }
            if !self.begun.contains(&index) {
                self.begin(index, &mut steps);
            }
            // Normally none is left: a schedule ends with its last message.
            if let Some(mut schedule) = self.schedules.remove(&index) {
                push(schedule.end(), &mut steps);
            }
        }
        if steps.is_empty() {
            return None;
        }
        let commands = steps.into_iter().filter_map(|step| match step {
            Step::Send(planned) => Some(planned),
            Step::Compare(_) | Step::Present => None,
        });
        Some(commands.collect())
    }

    async fn facts(&self, messages: &[IncomingMessage]) -> Result<HashMap<(ThreadId, MessageId), MessageFact>, Error> {
        let Some(target) = self.target.as_ref().filter(|_| !self.present.is_empty()) else {
            return Ok(HashMap::new());
        };
        let ids = messages.iter().map(|message| (self.plan.thread(message.thread).id, message.id));
        self.present.facts(&target.storage, ids).await
    }

    fn begin(&mut self, index: ThreadIndex, steps: &mut Vec<Step>) {
        let planned = self.plan.thread(index);
        let (schedule, commands) = MembershipSchedule::begin(planned, self.present.get(planned.id), self.now);
        self.begun.insert(index);
        self.schedules.insert(index, schedule);
        push(commands, steps);
    }

    fn step(&mut self, message: IncomingMessage, fact: Option<&MessageFact>, steps: &mut Vec<Step>) {
        let index = message.thread;
        if !self.begun.contains(&index) {
            self.begin(index, steps);
        }
        // A file that grew since the first reading has messages after the planned last one.
        let Some(schedule) = self.schedules.get_mut(&index) else { return };
        push(schedule.before_message(message.sent_at), steps);
        match fact {
            Some(fact) => steps.push(of_present(message, fact, schedule)),
            None if schedule.is_copy(&message.sender, message.sent_at) => steps.push(Step::Present),
            None => {
                let newest =
                    self.present.get(self.plan.thread(index).id).and_then(|present| present.now.newest_sent_at);
                self.tally.messages_late += u64::from(newest.is_some_and(|newest| message.sent_at < newest));
                steps.extend(
                    schedule
                        .bring_in(&message.sender, message.sent_at)
                        .map(|command| Step::Send(PlannedCommand::new(command))),
                );
                steps.extend(of_new(message, schedule, self.now));
            }
        }
        push(schedule.after_message(), steps);
        if !schedule.is_underway() {
            self.schedules.remove(&index);
        }
    }

    /// Compares what is here with what comes, and adds the edits that this asks for.
    async fn with_edits(&mut self, steps: Vec<Step>) -> Result<Vec<PlannedCommand>, Error> {
        let (mut commands, mut comparisons) = (Vec::with_capacity(steps.len()), Vec::new());
        for step in steps {
            match step {
                Step::Send(planned) => commands.push(planned),
                Step::Compare(comparison) => comparisons.push((commands.len(), comparison)),
                Step::Present => self.tally.messages_already_there += 1,
            }
        }
        if comparisons.is_empty() {
            return Ok(commands);
        }
        let edits = self.compare(comparisons).await?;
        // An edit stands where its message stood.
        let mut merged = Vec::with_capacity(commands.len() + edits.len());
        let mut edits = edits.into_iter().peekable();
        for (index, planned) in commands.into_iter().enumerate() {
            while let Some((_, edit)) = edits.next_if(|(before, _)| *before <= index) {
                merged.push(edit);
            }
            merged.push(planned);
        }
        merged.extend(edits.map(|(_, edit)| edit));
        Ok(merged)
    }

    /// Returns the edits that messages need which are here, each with the number of commands before it.
    async fn compare(&mut self, comparisons: Vec<(usize, Comparison)>) -> Result<Vec<(usize, PlannedCommand)>, Error> {
        let Some(target) = self.target.clone() else { return Ok(Vec::new()) };
        self.ask_for_erased(&target.keyring, comparisons.iter().map(|(_, comparison)| comparison.author())).await?;
        let mut compared = Vec::with_capacity(comparisons.len());
        for (index, comparison) in comparisons {
            // What an erased author wrote is erased; a text from the old system must not bring it back.
            if self.erased.get(comparison.author()) == Some(&true) {
                self.tally.messages_left_alone += 1;
            } else {
                compared.push((index, comparison));
            }
        }
        let mut posts: Vec<_> = compared.iter().map(|(_, comparison)| comparison.post.clone()).collect();
        target.keyring.seal(&mut posts).await?;
        let mut edits = Vec::new();
        for ((index, comparison), post) in compared.into_iter().zip(posts) {
            let thread = post.thread;
            match (Comparison { post, ..comparison }).edit(self.now) {
                None => self.tally.messages_already_there += 1,
                Some(edit) if self.is_away(thread, &edit.actor) => self.tally.messages_left_alone += 1,
                Some(edit) => edits.push((index, PlannedCommand::new(edit))),
            }
        }
        Ok(edits)
    }

    /// Whether somebody has left a thread that exists.
    fn is_away(&self, thread: ThreadId, actor: &Actor) -> bool {
        let present = self.present.get(thread);
        actor.user().is_some_and(|user| present.is_some_and(|present| present.role(user).is_none()))
    }

    async fn ask_for_erased(&mut self, keyring: &Keyring, authors: impl Iterator<Item = &Actor>) -> Result<(), Error> {
        let unknown: HashSet<&Actor> = authors.filter(|author| !self.erased.contains_key(*author)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown: Vec<Actor> = unknown.into_iter().cloned().collect();
        let erased = keyring.erased(&unknown).await?;
        self.erased.extend(unknown.into_iter().map(|author| {
            let is_erased = erased.contains(&author);
            (author, is_erased)
        }));
        Ok(())
    }
}

fn push(commands: Vec<threadline_domain::thread::Command>, steps: &mut Vec<Step>) {
    steps.extend(commands.into_iter().map(|command| Step::Send(PlannedCommand::new(command))));
}
