//! What the first reading finds: which threads there are, and who is in them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use threadline_domain::thread::Kind;
use threadline_domain::{Actor, ThreadId, Timestamp, UserId};
use threadline_projections::IdMark;

use super::lines::FileLine;
use super::people::People;
use super::records::{ReadRecord, ThreadIndex, ThreadName, ThreadRecord};
use super::references::References;

/// What the files hold, but for the messages themselves.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) threads: Vec<PlannedThread>,
    pub(super) indexes: HashMap<ThreadName, ThreadIndex>,
    /// Display names.
    pub(super) names: BTreeMap<UserId, Arc<str>>,
    pub(super) reads: Vec<PlannedRead>,
    /// Messages that can be taken, repeated ones each time.
    pub(super) messages: u64,
    /// Services that wrote.
    pub(super) services: Vec<Actor>,
}

/// A thread to be.
#[derive(Debug)]
pub(super) struct PlannedThread {
    /// What the old system calls it.
    pub(super) name: ThreadName,
    pub(super) key: Option<Arc<str>>,
    /// What a record says of it.
    pub(super) declared: Option<ThreadRecord>,
    /// The first line that names it.
    pub(super) file_line: FileLine,
    pub(super) people: People,
    /// What replies and read marks name.
    pub(super) references: References,
    /// Messages that can be taken, repeated ones each time.
    pub(super) messages: u64,
    /// When its first message was sent.
    pub(super) first_sent: Option<Timestamp>,
    /// When its newest message was sent.
    pub(super) newest_sent: Timestamp,
    /// The oldest message in a file that is older than one in a file before: from there on files overlap.
    pub(super) overlaps_from: Option<Timestamp>,
    /// Whether the thread as a whole cannot be taken.
    pub(super) is_left_out: bool,
    /// Its id here. Of a dm it follows from the two people, who are known at the end of the first reading.
    pub(super) id: ThreadId,
    /// What the ids of its messages have in common.
    pub(super) mark: IdMark,
}

/// A read mark to be.
#[derive(Debug)]
pub(super) struct PlannedRead {
    pub(super) thread: ThreadIndex,
    pub(super) record: ReadRecord,
    pub(super) file_line: FileLine,
}

impl PlannedThread {
    pub(super) fn new(name: ThreadName, key: Option<Arc<str>>, file_line: FileLine) -> Self {
        Self {
            name,
            key,
            declared: None,
            file_line,
            people: People::default(),
            references: References::default(),
            messages: 0,
            first_sent: None,
            newest_sent: Timestamp::default(),
            overlaps_from: None,
            is_left_out: false,
            id: ThreadId::NIL,
            mark: IdMark::default(),
        }
    }

    /// What sort of thread it is.
    pub(super) fn kind(&self) -> Kind {
        self.declared.as_ref().map_or(Kind::Group, |declared| declared.kind)
    }
}

impl Plan {
    /// Returns the index of the thread that a line names.
    pub(super) fn index(&self, name: &ThreadName) -> Option<ThreadIndex> {
        self.indexes.get(name).copied()
    }

    pub(super) fn thread(&self, index: ThreadIndex) -> &PlannedThread {
        &self.threads[index.0]
    }

    /// Returns the threads that can be taken.
    pub(super) fn taken(&self) -> impl Iterator<Item = (ThreadIndex, &PlannedThread)> {
        let all = self.threads.iter().enumerate().map(|(index, thread)| (ThreadIndex(index), thread));
        all.filter(|(_, thread)| !thread.is_left_out)
    }

    /// Returns everybody whose texts will be sealed, once each.
    pub(super) fn authors(&self) -> Vec<Actor> {
        let writers = |thread: &PlannedThread| {
            let writers = thread.people.iter().filter(|person| person.wrote.is_some());
            writers.map(|person| Actor::from(person.user.clone())).collect::<Vec<_>>()
        };
        let mut authors: Vec<Actor> = self.taken().flat_map(|(_, thread)| writers(thread)).collect();
        authors.extend(self.services.iter().cloned());
        authors.extend(self.names.keys().cloned().map(Actor::from));
        authors.sort_unstable();
        authors.dedup();
        authors
    }
}
