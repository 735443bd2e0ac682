//! Previews an import: counts what it would do and, for threads in use, what that means to their members.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use threadline_domain::thread::{Action, Command};
use threadline_domain::{MessageId, ThreadId, Timestamp, UserId};

use super::command_builder::Numbers;
use super::facts;
use super::plan::Plan;
use super::planned_commands::PlannedCommand;
use super::present::Present;
use super::tally::Tally;

/// Counts commands that are not carried out.
pub(super) struct Preview {
    pub(super) tally: Tally,
    present: Arc<Present>,
    wanted: Arc<HashSet<(ThreadId, MessageId)>>,
    in_use: BTreeMap<ThreadId, ThreadPreview>,
    /// The number that the last new message of each thread would get.
    last_numbers: HashMap<ThreadId, u64>,
    /// Those of messages that read marks name.
    numbers: Numbers,
    /// Those of the last message of each person, which moves the person's mark.
    own_numbers: HashMap<(ThreadId, UserId), u64>,
    /// What a thread in use would become.
    pub(super) threads_in_use: Vec<ThreadInUse>,
}

/// What an import would do to a thread in which others have written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ThreadInUse {
    /// Its id here.
    pub(super) thread: String,
    /// What the old system calls it.
    pub(super) name: String,
    /// Messages in it now.
    pub(super) messages_here: u64,
    /// Messages that would be appended after them.
    pub(super) messages_appended: u64,
    /// How many of those are older than the newest one here.
    pub(super) messages_older: u64,
    /// Whose unread counts would rise.
    pub(super) unread_rises: Vec<UnreadRise>,
}

/// By how much somebody's unread count would rise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct UnreadRise {
    pub(super) user: UserName,
    pub(super) by: u64,
}

/// A user's id, as it is shown.
pub(super) type UserName = String;

/// What commands do to a thread in use.
#[derive(Debug, Default)]
struct ThreadPreview {
    newest: Timestamp,
    appended: u64,
    older: u64,
    /// Appended messages that are not deleted.
    visible: u64,
    /// How many of those each person has read, because the person wrote the last of them or came in after it.
    read: HashMap<UserId, u64>,
    came_in: HashSet<UserId>,
    left: HashSet<UserId>,
    /// How many of those there were up to a message that read marks name.
    targets: HashMap<MessageId, u64>,
}

impl Preview {
    pub(super) fn new(present: &Arc<Present>, wanted: &Arc<HashSet<(ThreadId, MessageId)>>) -> Self {
        Self {
            tally: Tally::default(),
            present: Arc::clone(present),
            wanted: Arc::clone(wanted),
            in_use: BTreeMap::new(),
            last_numbers: HashMap::new(),
            numbers: Numbers::new(),
            own_numbers: HashMap::new(),
            threads_in_use: Vec::new(),
        }
    }

    /// Counts commands, in their order.
    pub(super) fn take(&mut self, commands: &[PlannedCommand]) {
        for PlannedCommand { command, .. } in commands {
            self.tally.count(command);
            if let Action::Post(post) = &command.action {
                self.number(command, post.message);
            }
            let Some(present) = self.present.get(command.thread).filter(|present| present.is_in_use()) else {
                continue;
            };
            let newest = present.now.newest_sent_at.unwrap_or_default();
            let preview = self
                .in_use
                .entry(command.thread)
                .or_insert_with(|| ThreadPreview { newest, ..ThreadPreview::default() });
            preview.take(command, self.wanted.contains(&target_of(command)));
        }
    }

    /// Notes the number that a new message would get.
    fn number(&mut self, command: &Command, message: MessageId) {
        let here = || self.present.get(command.thread).map_or(0, |present| present.now.last_number);
        let last = self.last_numbers.entry(command.thread).or_insert_with(here);
        *last += 1;
        if self.wanted.contains(&(command.thread, message)) {
            self.numbers.insert((command.thread, message), *last);
        }
        if let Some(user) = command.actor.user() {
            self.own_numbers.insert((command.thread, user.clone()), *last);
        }
    }

    /// Ends it with what needed no command, and with the read marks.
    pub(super) fn finish(&mut self, plan: &Plan, untouched: Tally, numbers: Numbers) {
        self.tally.add(untouched);
        self.numbers.extend(numbers);
        let marks = facts::reads(plan, &self.numbers);
        let rises = |(key, read): (&(ThreadId, UserId), &facts::Read)| {
            let member = self.present.get(key.0).and_then(|present| present.now.members.get(&key.1));
            let own = self.own_numbers.get(key).copied().unwrap_or_default();
            read.number > own.max(member.map_or(0, |member| member.read_number))
        };
        self.tally.reads_marked = marks.iter().filter(|mark| rises(*mark)).count() as u64;

        let mut targets: HashMap<(ThreadId, &UserId), Vec<MessageId>> = HashMap::new();
        for read in &plan.reads {
            let thread = plan.thread(read.thread);
            let target = thread.references.target(&read.record.message).map(|target| target.id);
            targets.entry((thread.id, &read.record.user)).or_default().extend(target);
        }
        for (_, planned) in plan.taken() {
            let Some(preview) = self.in_use.get(&planned.id).filter(|preview| preview.appended > 0) else { continue };
            let Some(present) = self.present.get(planned.id) else { continue };
            let members = present.now.members.iter().map(|(user, member)| (user, member.unread));
            let members = members.chain(preview.came_in.iter().map(|user| (user, 0)));
            let mut rises: Vec<_> = members
                .filter_map(|(user, unread)| {
                    let read = targets.get(&(planned.id, user)).map_or(&[][..], Vec::as_slice);
                    let by = preview.unread(user, unread, read)?.checked_sub(unread).filter(|by| *by > 0)?;
                    Some(UnreadRise { user: user.to_string(), by })
                })
                .collect();
            rises.sort_by(|one, other| (other.by, &one.user).cmp(&(one.by, &other.user)));
            rises.dedup();
            self.threads_in_use.push(ThreadInUse {
                thread: planned.id.to_string(),
                name: planned.name.to_string(),
                messages_here: present.now.last_number,
                messages_appended: preview.appended,
                messages_older: preview.older,
                unread_rises: rises,
            });
        }
    }
}

/// The message that a command posts; the nil id of the thread for other commands.
fn target_of(command: &Command) -> (ThreadId, MessageId) {
    let message = match &command.action {
        Action::Post(post) => post.message,
        _ => MessageId(uuid::Uuid::nil()),
    };
    (command.thread, message)
}

impl ThreadPreview {
    fn take(&mut self, command: &Command, is_wanted: bool) {
        match &command.action {
            Action::Post(post) => {
                self.appended += 1;
                self.older += u64::from(command.at < self.newest);
                self.visible += u64::from(!post.content.is_withheld());
                if let Some(user) = command.actor.user() {
                    self.read.insert(user.clone(), self.visible);
                }
                if is_wanted {
                    self.targets.insert(post.message, self.visible);
                }
            }
            Action::AddMember { user, .. } => {
                self.came_in.insert(user.clone());
                self.read.entry(user.clone()).or_insert(self.visible);
            }
            Action::RemoveMember { user } => _ = self.left.insert(user.clone()),
            _ => {}
        }
    }

    /// How much a person has not read afterwards, who has not read `before` now and marks these messages read; `None` for who
    /// is not in the thread any more.
    fn unread(&self, user: &UserId, before: u64, marked: &[MessageId]) -> Option<u64> {
        if self.left.contains(user) {
            return None;
        }
        let after = |read: u64| self.visible - read;
        let unread = match self.read.get(user) {
            Some(read) => after(*read),
            None => before + self.visible,
        };
        let marked = marked.iter().filter_map(|message| self.targets.get(message)).map(|read| after(*read)).min();
        Some(marked.map_or(unread, |marked| marked.min(unread)))
    }
}
