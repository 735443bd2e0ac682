//! Records of one partition that wait for their transaction.

use std::collections::BTreeMap;

use threadline_domain::LostEvent;
use threadline_eventlog::{Offset, Record};
use threadline_projections::{Batch, Entry, Letter, Lost, Progress, Recorded};

use crate::follow::{Fed, TopicPartition};

/// Records of one partition, for all generations of a lane.
pub(crate) struct Pending {
    pub(crate) topic_partition: TopicPartition,
    /// The progress after them.
    pub(crate) to: Progress,
    items: Vec<Item>,
    /// The records that could not be read.
    letters: Vec<Letter>,
    /// Records that a generation could not apply, by the generation's index and the record's offset.
    refused: BTreeMap<(usize, Offset), Refused>,
    /// The number of records read, duplicates and dead letters included.
    pub(crate) seen: u64,
}

/// What a record says, and the record itself in case it cannot be applied.
struct Item {
    entry: Entry,
    record: Record,
}

/// What replaces a record that a generation cannot apply.
struct Refused {
    entry: Option<Entry>,
    letter: Letter,
}

impl Pending {
    pub(crate) fn new(topic_partition: TopicPartition, from: Progress) -> Self {
        Self { topic_partition, to: from, items: vec![], letters: vec![], refused: BTreeMap::new(), seen: 0 }
    }

    /// Adds what a record says.
    pub(crate) fn push(&mut self, entry: Entry, record: &Record) {
        self.items.push(Item { entry, record: record.clone() });
    }

    /// Adds a record that could not be read.
    pub(crate) fn push_letter(&mut self, letter: Letter) {
        self.letters.push(letter);
    }

    /// Returns the record of an entry of a generation's batch.
    pub(crate) fn record(&self, generation: usize, fed: &Fed, index: usize) -> Option<Record> {
        self.entries(generation, fed).nth(index).map(|(record, _)| record.clone())
    }

    /// Leaves a record out for one generation. The progress still moves past it, and an event's numbers stay used.
    pub(crate) fn refuse(&mut self, generation: usize, letter: Letter) {
        let key = (generation, letter.offset);
        let item = self.items.iter().find(|item| item.record.offset == letter.offset);
        let entry = match item.map(|item| &item.entry) {
            // A record that fails even without its body is left out.
            _ if self.refused.contains_key(&key) => None,
            Some(Entry::Event(recorded)) => Some(Entry::Lost(without_body(recorded))),
            Some(Entry::Lost(_) | Entry::Mark(_) | Entry::User(_)) | None => None,
        };
        self.refused.insert(key, Refused { entry, letter });
    }

    /// Returns what a generation must apply; `None` when it is not made from the topic or has all of it already.
    pub(crate) fn batch<'a>(&'a self, generation: usize, fed: &Fed) -> Option<Batch<'a>> {
        let from = fed.at(self.topic_partition)?;
        if self.to.next <= from.next {
            return None;
        }
        let entries = self.entries(generation, fed).map(|(_, entry)| entry).collect();
        let refused = self.refused.iter().filter(|((of, _), _)| *of == generation).map(|(_, refused)| &refused.letter);
        let letters = self.letters.iter().filter(|letter| letter.offset >= from.next).chain(refused).collect();
        let (topic, partition) = self.topic_partition;
        Some(Batch { topic, partition, from, to: self.to, entries, letters })
    }

    /// Iterates over the entries of a generation's batch, each with its record.
    fn entries<'a>(&'a self, generation: usize, fed: &Fed) -> impl Iterator<Item = (&'a Record, &'a Entry)> {
        let next = fed.at(self.topic_partition).map_or(Offset::MAX, |at| at.next);
        let items = self.items.iter().filter(move |item| item.record.offset >= next);
        items.filter_map(move |item| {
            let entry = match self.refused.get(&(generation, item.record.offset)) {
                Some(refused) => refused.entry.as_ref()?,
                None => &item.entry,
            };
            Some((&item.record, entry))
        })
    }
}

fn without_body(recorded: &Recorded) -> Lost {
    let Recorded { offset, value, event, .. } = recorded;
    let event = LostEvent { id: event.thread, seq: event.seq, number: event.change.new_number() };
    Lost { offset: *offset, event, value: value.clone() }
}
