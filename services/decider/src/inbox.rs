//! Commands that were read and are not decided yet.

use std::collections::VecDeque;

use threadline_eventlog::codec::{Context, DecodeError};
use threadline_eventlog::{LoggedAggregate, Offset, Record, TailBatch};

/// A command record.
pub(crate) struct Received<A: LoggedAggregate> {
    pub(crate) offset: Offset,
    pub(crate) context: Context,
    pub(crate) content: Content<A>,
}

/// What a command record holds.
pub(crate) enum Content<A: LoggedAggregate> {
    Command(A::Command),
    Corrupt {
        record: Record,
        reason: String,
    },
    /// A command that only a newer program can read.
    UnknownSchema(u32),
}

/// A partition's next commands, in their order.
pub(crate) struct Inbox<A: LoggedAggregate> {
    received: VecDeque<Received<A>>,
    /// The first offset that was not received yet.
    next: Offset,
}

impl<A: LoggedAggregate> Inbox<A> {
    /// Makes the inbox of the commands from this offset on.
    pub(crate) fn new(next: Offset) -> Self {
        Self { received: VecDeque::new(), next }
    }

    /// Reads the records of a batch, except those that were received already.
    pub(crate) fn receive(&mut self, batch: &TailBatch) {
        for record in batch.records.iter() {
            if record.offset < self.next {
                continue;
            }
            self.next = record.offset + 1;
            let content = match A::read_command(record) {
                Ok(command) => Content::Command(command),
                Err(DecodeError::UnknownSchema { id }) => Content::UnknownSchema(id),
                Err(DecodeError::Corrupt(reason)) => Content::Corrupt { record: record.clone(), reason },
            };
            self.received.push_back(Received { offset: record.offset, context: Context::of(record), content });
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.received.len()
    }

    pub(crate) fn first(&self) -> Option<&Received<A>> {
        self.received.front()
    }

    pub(crate) fn pop(&mut self) -> Option<Received<A>> {
        self.received.pop_front()
    }

    /// Iterates over the commands, in order, up to the first one that only a newer program can read.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &A::Command> {
        let readable = self.received.iter().take_while(|one| !matches!(one.content, Content::UnknownSchema(_)));
        readable.filter_map(|one| if let Content::Command(command) = &one.content { Some(command) } else { None })
    }
}
