//! The event topics as plain lists.

use std::collections::BTreeMap;

use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use threadline_hub::{Audience, Event, Lost, Membership};

/// The topics that the simulation writes: one whose events go to members, and one whose events name their users.
pub(crate) const TOPICS: [Topic; 2] = [Topic::Messages, Topic::Disputes];

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) offset: Offset,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Event(Event),
    /// The same event again, as a second writer appends it.
    Duplicate(Event),
    /// An event that nobody can read.
    Lost(Lost),
}

#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) partitions: BTreeMap<(Topic, Partition), Vec<Record>>,
    pub(crate) threads: BTreeMap<ThreadId, Thread>,
    causes: Offset,
}

/// A thread as its writer knows it.
#[derive(Debug, Default)]
pub(crate) struct Thread {
    pub(crate) members: Vec<UserId>,
    pub(crate) last_seq: u64,
    pub(crate) last_number: u64,
}

impl Log {
    pub(crate) fn new(messages: u32, disputes: u32) -> Self {
        let partitions = (0..messages).map(|partition| (Topic::Messages, partition));
        let partitions = partitions.chain((0..disputes).map(|partition| (Topic::Disputes, partition)));
        Self { partitions: partitions.map(|at| (at, Vec::new())).collect(), threads: BTreeMap::new(), causes: 0 }
    }

    pub(crate) fn count(&self, topic: Topic) -> u32 {
        self.partitions.keys().filter(|(other, _)| *other == topic).count() as u32
    }

    pub(crate) fn end(&self, topic: Topic, partition: Partition) -> Offset {
        self.partitions[&(topic, partition)].last().map_or(0, |record| record.offset + 1)
    }

    pub(crate) fn partition_of(&self, thread: ThreadId) -> Partition {
        partition_of(thread, self.count(Topic::Messages))
    }

    /// Appends an event of a thread; `leap` offsets stay unused before it.
    pub(crate) fn append(&mut self, thread: ThreadId, membership: Membership, posts: bool, leap: u64) {
        let partition = self.partition_of(thread);
        let offset = self.end(Topic::Messages, partition) + leap;
        self.causes += 1;
        let cause = self.causes;
        let state = self.threads.entry(thread).or_default();
        state.last_seq += 1;
        state.last_number += u64::from(posts);
        match &membership {
            Membership::Created(users) => state.members.extend(users.iter().cloned()),
            Membership::Added(user) => state.members.push(user.clone()),
            Membership::Removed(user) => state.members.retain(|member| member != user),
            Membership::Unchanged => {}
        }
        let event = Event {
            position: Position { topic: Topic::Messages, partition, offset },
            cause,
            audience: Audience::Thread(thread),
            membership,
            seq: state.last_seq,
            number: posts.then_some(state.last_number),
            text_change: None,
            value: vec![0; 10].into(),
        };
        self.put(Topic::Messages, partition, Record { offset, kind: Kind::Event(event) });
    }

    /// Appends a post that nobody can read.
    pub(crate) fn append_lost(&mut self, thread: ThreadId) {
        let partition = self.partition_of(thread);
        let offset = self.end(Topic::Messages, partition);
        self.causes += 1;
        let cause = self.causes;
        let Some(state) = self.threads.get_mut(&thread) else { return };
        state.last_seq += 1;
        state.last_number += 1;
        let lost = Lost { thread, seq: state.last_seq, number: Some(state.last_number), cause, offset };
        self.put(Topic::Messages, partition, Record { offset, kind: Kind::Lost(lost) });
    }

    /// Appends an event that names its users.
    pub(crate) fn append_for(&mut self, partition: Partition, users: Vec<UserId>) {
        let offset = self.end(Topic::Disputes, partition);
        self.causes += 1;
        let event = Event {
            position: Position { topic: Topic::Disputes, partition, offset },
            cause: self.causes,
            audience: Audience::Users(users.into()),
            membership: Membership::Unchanged,
            seq: 1,
            number: None,
            text_change: None,
            value: vec![0; 10].into(),
        };
        self.put(Topic::Disputes, partition, Record { offset, kind: Kind::Event(event) });
    }

    /// Appends the last event but `back` of a partition again.
    pub(crate) fn append_duplicate(&mut self, topic: Topic, partition: Partition, back: usize) {
        let offset = self.end(topic, partition);
        let events = self.partitions[&(topic, partition)].iter().rev();
        let mut events = events.filter_map(|record| match &record.kind {
            Kind::Event(event) => Some(event.clone()),
            Kind::Duplicate(_) | Kind::Lost(_) => None,
        });
        if let Some(mut event) = events.nth(back) {
            event.position.offset = offset;
            self.put(topic, partition, Record { offset, kind: Kind::Duplicate(event) });
        }
    }

    fn put(&mut self, topic: Topic, partition: Partition, record: Record) {
        self.partitions.get_mut(&(topic, partition)).expect("a partition").push(record);
    }
}

pub(crate) fn partition_of(thread: ThreadId, partitions: u32) -> Partition {
    (thread.0.as_u128() % u128::from(partitions)) as u32
}
