//! Events as a decider would have written them, without one.

use std::collections::BTreeMap;

use threadline_domain::thread::{Change, Event, Kind, Member, MessageKind, MessagePosted, Role, Thread, ThreadCreated};
use threadline_domain::{MessageId, Metadata, ThreadId, Timestamp, UserId};
use threadline_eventlog::LoggedAggregate;
use threadline_eventlog::codec::Context;
use threadline_projections::{Progress, Recorded};
use threadline_tests::projections::Projections;
use uuid::Uuid;

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp(1_700_000_000_000 + ms)
}

pub(crate) fn message_id(number: u64) -> MessageId {
    MessageId(Uuid::from_u128(0x018b_cfe5_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// The events of one partition, offsets dense from 0, causes two for each event.
pub(crate) struct Script {
    pub(crate) partition: u32,
    pub(crate) events: Vec<Recorded>,
    threads: BTreeMap<ThreadId, (u64, u64)>,
    applied: usize,
}

impl Script {
    pub(crate) fn new(partition: u32) -> Self {
        Self { partition, events: vec![], threads: BTreeMap::new(), applied: 0 }
    }

    /// Something happens; time goes on by a second.
    pub(crate) fn happen(&mut self, thread: ThreadId, actor: &str, change: Change) -> &Recorded {
        let offset = self.events.len() as u64;
        let (seq, _) = self.threads.entry(thread).or_default();
        *seq += 1;
        let event = Event { thread, seq: *seq, actor: user(actor).into(), at: at(offset as i64 * 1_000), change };
        let cause = offset * 2;
        let value = Thread::event_record(&event, cause, &Context::default()).value.unwrap();
        self.events.push(Recorded { offset, cause, value, event });
        &self.events[offset as usize]
    }

    /// An event with the seq of the one before: no timeline takes both.
    pub(crate) fn poison(&mut self, thread: ThreadId) {
        let (seq, _) = self.threads.get_mut(&thread).unwrap();
        *seq -= 1;
        self.happen(thread, "ann", Change::ThreadArchived);
    }

    /// A group made by the first of its members.
    pub(crate) fn group(&mut self, id: u128, members: &[&str]) -> ThreadId {
        let thread = ThreadId(Uuid::from_u128(id));
        let role = |index| if index == 0 { Role::Owner } else { Role::Member };
        let members = members.iter().enumerate();
        let members: Vec<_> = members.map(|(index, name)| Member { user: user(name), role: role(index) }).collect();
        let creator = members[0].user.clone();
        self.happen(
            thread,
            creator.as_str(),
            Change::ThreadCreated(ThreadCreated {
                kind: Kind::Group,
                key: None,
                title: Some("a group".into()),
                metadata: Metadata::default(),
                members,
            }),
        );
        thread
    }

    /// A message; answers its number. Ids follow numbers.
    pub(crate) fn post(&mut self, thread: ThreadId, sender: &str, content: &str) -> u64 {
        let (_, number) = self.threads.get_mut(&thread).unwrap();
        *number += 1;
        let number = *number;
        self.happen(
            thread,
            sender,
            Change::MessagePosted(MessagePosted {
                message: message_id(number),
                number,
                kind: MessageKind::Text,
                content: content.into(),
                metadata: Metadata::from_canonical_json(r#"{"a":1}"#),
                reply_to: (number > 1).then(|| message_id(number - 1)),
            }),
        );
        number
    }

    pub(crate) fn edit(&mut self, thread: ThreadId, actor: &str, number: u64, content: &str) {
        let change =
            Change::MessageEdited { message: message_id(number), number, content: content.into(), metadata: None };
        self.happen(thread, actor, change);
    }

    pub(crate) fn delete(&mut self, thread: ThreadId, actor: &str, number: u64) {
        self.happen(thread, actor, Change::MessageDeleted { message: message_id(number), number });
    }

    pub(crate) fn add(&mut self, thread: ThreadId, actor: &str, name: &str) {
        self.happen(thread, actor, Change::MemberAdded { user: user(name), role: Role::Member });
    }

    pub(crate) fn remove(&mut self, thread: ThreadId, actor: &str, name: &str) {
        self.happen(thread, actor, Change::MemberRemoved { user: user(name) });
    }

    /// The progress when the first `count` events have been applied.
    pub(crate) fn progress(&self, count: usize) -> Progress {
        Progress { next: count as u64, cause: count.checked_sub(1).map(|last| self.events[last].cause) }
    }

    /// Applies at most `count` events that have not been applied yet; false when there are none.
    pub(crate) async fn apply_some(&mut self, all: &Projections, count: usize) -> bool {
        let to = self.events.len().min(self.applied.saturating_add(count));
        if to == self.applied {
            return false;
        }
        let (from, events) = (self.progress(self.applied), &self.events[self.applied..to]);
        all.project_events(self.partition, from, self.progress(to), events).await.unwrap();
        self.applied = to;
        true
    }

    pub(crate) async fn apply(&mut self, all: &Projections) {
        self.apply_some(all, usize::MAX).await;
    }
}
