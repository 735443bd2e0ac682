//! Makes a plan of the records as they come: the first reading, line by line.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use threadline_domain::thread::{Kind, Role};
use threadline_domain::{Actor, ThreadId, Timestamp, UserId, limits};

use super::ids;
use super::lines::{Fault, FileLine};
use super::plan::{Plan, PlannedRead, PlannedThread};
use super::records::{MemberRecord, MessageRecord, OldId, ReadRecord, Record, ThreadIndex, ThreadName, ThreadRecord};
use super::refused_lines::RefusedLines;
use crate::error::Error;

/// Makes a plan of the records as they come.
pub(super) struct Planner {
    plan: Plan,
    file: u32,
    /// The time of each thread's last message in this file.
    last_sent: HashMap<ThreadIndex, Timestamp>,
}

impl Planner {
    pub(super) fn new() -> Self {
        Self { plan: Plan::default(), file: 0, last_sent: HashMap::new() }
    }

    /// Takes a record, unless it does not fit to those before it.
    pub(super) fn add(&mut self, record: Record, file_line: FileLine) -> Result<(), Fault> {
        if file_line.file != self.file {
            self.file = file_line.file;
            self.last_sent.clear();
        }
        match record {
            Record::Thread(record) => self.add_thread(record, file_line),
            Record::Member(record) => self.add_member(&record),
            Record::Message(record) => self.add_message(&record, file_line),
            Record::Read(record) => self.add_read(record, file_line),
            Record::User(record) => {
                self.plan.names.insert(record.id, record.name);
                Ok(())
            }
        }
    }

    fn add_thread(&mut self, record: ThreadRecord, file_line: FileLine) -> Result<(), Fault> {
        let name = ThreadName::Id(record.id.clone());
        let known = self.plan.index(&name);
        if let Some(index) = known {
            let before = &self.plan.threads[index.0];
            if before.kind() != record.kind {
                return Err(Fault::of("kind", format!("was {} in an earlier record of this thread", before.kind())));
            }
            if before.key != record.key {
                return Err(Fault::of("key", "must be the same in every record of this thread"));
            }
        }
        let by_key = record.key.as_ref().map(|key| ThreadName::Key(Arc::clone(key)));
        let index = match known.or_else(|| self.plan.index(by_key.as_ref()?)) {
            Some(index) => index,
            None => self.push(PlannedThread::new(name.clone(), record.key.clone(), file_line)),
        };
        let thread = &mut self.plan.threads[index.0];
        if let Some(declared) = &thread.declared
            && declared.id != record.id
        {
            let other = &declared.id;
            return Err(Fault::of("key", format!("must belong to one thread: the thread {other} has it already")));
        }
        thread.name = name.clone();
        thread.declared = Some(record);
        self.plan.indexes.insert(name, index);
        if let Some(by_key) = by_key {
            self.plan.indexes.insert(by_key, index);
        }
        Ok(())
    }

    fn add_member(&mut self, record: &MemberRecord) -> Result<(), Fault> {
        let index = self.declared(&record.thread)?;
        let thread = &mut self.plan.threads[index.0];
        if thread.kind() == Kind::Dm {
            if record.left_at.is_some() {
                return Err(Fault::of("left_at", "must be absent: nobody leaves a dm"));
            }
            if record.role.is_some_and(|role| role != Role::Member) {
                return Err(Fault::of("role", "must be member or absent: in a dm both are alike"));
            }
        }
        thread.people.add_member(record);
        Ok(())
    }

    fn add_message(&mut self, record: &MessageRecord, file_line: FileLine) -> Result<(), Fault> {
        let index = match &record.thread {
            ThreadName::Id(id) => self.declared(id)?,
            name @ ThreadName::Key(key) => self.plan.index(name).unwrap_or_else(|| {
                let index = self.push(PlannedThread::new(name.clone(), Some(Arc::clone(key)), file_line));
                self.plan.indexes.insert(name.clone(), index);
                index
            }),
        };
        let thread = &mut self.plan.threads[index.0];
        if thread.kind() == Kind::Dm && record.sender.user().is_none() {
            return Err(Fault::of("sender", "must be one of the two people of the dm"));
        }
        let last = self.last_sent.entry(index).or_insert(record.sent_at);
        if record.sent_at < *last {
            let reason = "is before the thread's last message in this file: sort each file by time (then by id)";
            return Err(Fault::of("sent_at", reason));
        }
        *last = record.sent_at;
        if record.sent_at < thread.newest_sent {
            thread.overlaps_from = Some(thread.overlaps_from.map_or(record.sent_at, |from| from.min(record.sent_at)));
        }
        thread.newest_sent = thread.newest_sent.max(record.sent_at);
        thread.messages += 1;
        thread.first_sent = Some(thread.first_sent.map_or(record.sent_at, |first| first.min(record.sent_at)));
        match &record.sender {
            Actor::User(user) => thread.people.add_writer(user, record.sent_at),
            service @ Actor::Service(_) if !self.plan.services.contains(service) => {
                self.plan.services.push(service.clone());
            }
            Actor::Service(_) => {}
        }
        if let Some(reply_to) = &record.reply_to {
            thread.references.want(reply_to);
        }
        self.plan.messages += 1;
        Ok(())
    }

    fn add_read(&mut self, record: ReadRecord, file_line: FileLine) -> Result<(), Fault> {
        let thread = self.declared(&record.thread)?;
        self.plan.threads[thread.0].references.want(&record.message);
        self.plan.reads.push(PlannedRead { thread, record, file_line });
        Ok(())
    }

    fn push(&mut self, thread: PlannedThread) -> ThreadIndex {
        self.plan.threads.push(thread);
        ThreadIndex(self.plan.threads.len() - 1)
    }

    /// A thread that a record before this line declares.
    fn declared(&self, id: &OldId) -> Result<ThreadIndex, Fault> {
        self.plan.index(&ThreadName::Id(id.clone())).ok_or_else(|| {
            let reason =
                format!("no record of type thread with the id {id} stands before this line: put threads first");
            Fault::of("thread", reason)
        })
    }

    /// Ends the reading: what only the whole of a thread tells. Threads that cannot be taken are left out.
    pub(super) fn finish(mut self, source: &str, refused: &mut RefusedLines) -> Result<Plan, Error> {
        let mut dms: HashMap<ThreadId, ThreadName> = HashMap::new();
        for thread in &mut self.plan.threads {
            let identified = identify(thread, source).and_then(|id| match dms.entry(id) {
                Entry::Occupied(other) => {
                    let reason =
                        format!("is a dm of the same people as the thread {}: export one of them", other.get());
                    Err(Fault::of("id", reason))
                }
                Entry::Vacant(free) => {
                    free.insert(thread.name.clone());
                    Ok(id)
                }
            });
            match identified {
                Ok(id) => (thread.id, thread.mark) = (id, ids::mark(source, id)),
                Err(fault) => {
                    thread.is_left_out = true;
                    self.plan.messages -= thread.messages;
                    refused.leave_out_messages(thread.messages);
                    refused.refuse(thread.file_line, &fault)?;
                }
            }
        }
        let Plan { reads, threads, .. } = &mut self.plan;
        let mut taken = Vec::with_capacity(reads.len());
        for read in reads.drain(..) {
            let thread = &threads[read.thread.0];
            if thread.is_left_out {
                continue;
            }
            if thread.people.contains(&read.record.user) {
                taken.push(read);
            } else {
                let (id, user) = (&read.record.thread, &read.record.user);
                let reason = format!("{user} is not in the thread {id}: give a record of type member");
                refused.refuse(read.file_line, &Fault::of("user", reason))?;
            }
        }
        *reads = taken;
        Ok(self.plan)
    }
}

/// Finds the id that a thread will have.
fn identify(thread: &PlannedThread, source: &str) -> Result<ThreadId, Fault> {
    let staying = thread.people.count_staying();
    if staying > limits::MEMBERS_MAX {
        let reason = format!("the thread has {staying} members, and {} are allowed", limits::MEMBERS_MAX);
        return Err(Fault::of_line(reason));
    }
    match (&thread.declared, &thread.key) {
        (Some(declared), _) if declared.kind == Kind::Dm => {
            let people: Vec<&UserId> = thread.people.iter().map(|person| &person.user).collect();
            match people[..] {
                [one] => Ok(ThreadId::of_dm(one, one)),
                [one, other] => Ok(ThreadId::of_dm(one, other)),
                _ => {
                    let count = people.len();
                    let reason =
                        format!("a dm is of two people, or of one for notes, and this has {count}: give members");
                    Err(Fault::of("kind", reason))
                }
            }
        }
        (_, Some(key)) => Ok(ThreadId::of_key(key)),
        (Some(declared), None) => Ok(ids::thread(source, &declared.id)),
        (None, None) => Err(Fault::of_line("the thread has neither a record nor a key")),
    }
}
