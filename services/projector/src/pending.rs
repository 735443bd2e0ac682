//! Records of one partition that wait for their transaction.

use threadline_domain::{LostEvent, ReadMark, UserProfile};
use threadline_eventlog::{Partition, Record, Topic};
use threadline_projections::{Batch, Lost, Progress, Recorded, Records};

use crate::decode::Value;

/// Records of one partition, and the step in progress that they are.
pub(crate) struct Pending {
    pub(crate) topic: Topic,
    pub(crate) partition: Partition,
    from: Progress,
    pub(crate) to: Progress,
    values: Values,
    /// The record behind each value, should it turn out to be poison.
    records: Vec<Record>,
    /// Events that are not shown; they keep their seq and number.
    lost: Vec<Lost>,
    /// How many records were taken in, duplicates and dead letters too.
    pub(crate) seen: u64,
}

enum Values {
    Events(Vec<Recorded>),
    Marks(Vec<ReadMark>),
    Users(Vec<UserProfile>),
}

impl Pending {
    pub(crate) fn new(topic: Topic, partition: Partition, from: Progress) -> Self {
        let values = match topic {
            Topic::Reads => Values::Marks(vec![]),
            Topic::Users => Values::Users(vec![]),
            _ => Values::Events(vec![]),
        };
        Self { topic, partition, from, to: from, values, records: vec![], lost: vec![], seen: 0 }
    }

    /// Takes in what a record says.
    pub(crate) fn push(&mut self, value: Value, record: &Record) {
        match (&mut self.values, value) {
            (Values::Events(events), Value::Event(event)) => events.push(event),
            (Values::Marks(marks), Value::Mark(mark)) => marks.push(mark),
            (Values::Users(users), Value::User(user)) => users.push(user),
            // A duplicate; nothing else is read from a partition of another topic.
            _ => return,
        }
        self.records.push(record.clone());
    }

    /// Takes in an event that is not shown.
    pub(crate) fn push_lost(&mut self, lost: Lost) {
        self.lost.push(lost);
    }

    /// Takes a record out again. The progress still goes past it, and an event's numbers stay taken.
    pub(crate) fn remove(&mut self, index: usize) -> Record {
        match &mut self.values {
            Values::Events(events) => {
                let Recorded { offset, value, event, .. } = events.remove(index);
                let event = LostEvent { id: event.thread, seq: event.seq, number: event.change.new_number() };
                self.lost.push(Lost { event, offset, value });
            }
            Values::Marks(marks) => drop(marks.remove(index)),
            Values::Users(users) => drop(users.remove(index)),
        }
        self.records.remove(index)
    }

    pub(crate) fn batch(&self) -> Batch<'_> {
        let records = match &self.values {
            Values::Events(events) => Records::Events(events),
            Values::Marks(marks) => Records::Reads(marks),
            Values::Users(users) => Records::Users(users),
        };
        Batch { partition: self.partition, from: self.from, to: self.to, records, lost: &self.lost }
    }
}
