//! Events read back from the log.

use std::collections::BTreeMap;

use threadline_domain::{Aggregate, LostEvent};
use threadline_eventlog::codec::DecodeError;
use threadline_eventlog::{EventLog, LoggedAggregate, Offset, Partition, Position, Record, Start, Stopped};

/// An event, or what its headers say when the body is corrupt.
#[derive(Debug)]
pub(crate) enum Past<A: Aggregate> {
    Event(A::Event),
    Lost(LostEvent<A::Id>),
}

/// A [`Past`] with its offsets.
#[derive(Debug)]
pub(crate) struct Recorded<A: Aggregate> {
    pub(crate) offset: Offset,
    pub(crate) cause: Offset,
    pub(crate) past: Past<A>,
    /// Bytes of its record.
    pub(crate) bytes: usize,
}

impl<A: Aggregate> Past<A> {
    pub(crate) fn id(&self) -> A::Id {
        match self {
            Self::Event(event) => A::id_of_event(event),
            Self::Lost(lost) => lost.id,
        }
    }

    /// Folds the event into its aggregate's state.
    pub(crate) fn evolve(&self, state: &mut A::State) {
        match self {
            Self::Event(event) => A::evolve(state, event),
            Self::Lost(lost) => A::evolve_lost(state, lost),
        }
    }

    /// Folds the event into a fact of its aggregate. A lost event says nothing of facts.
    pub(crate) fn evolve_fact(&self, id: A::FactId, fact: &mut Option<A::Fact>) {
        match self {
            Self::Event(event) => A::evolve_fact(id, fact, event),
            Self::Lost(_) => {}
        }
    }
}

impl<A: LoggedAggregate> Recorded<A> {
    /// Reads an event from its record; `None` when the record is not one of ours. Fails when only a newer program can
    /// read it: it must not be skipped.
    pub(crate) fn read(record: &Record) -> Result<Option<Self>, Stopped> {
        let position = Position { topic: A::EVENTS, partition: record.partition, offset: record.offset };
        let (past, cause) = match A::read_event(record) {
            Ok((event, cause)) => (Past::Event(event), cause),
            Err(DecodeError::UnknownSchema { id }) => return Err(Stopped { position, schema_id: id }),
            Err(DecodeError::Corrupt(reason)) => {
                let Some((lost, cause)) = A::lost_event(record) else {
                    tracing::error!(
                        event.position = %position,
                        "the record at {position} is no event of ours: {reason}"
                    );
                    return Ok(None);
                };
                tracing::error!(
                    event.position = %position,
                    "the event at {position} is corrupt: {reason}; its headers stand in"
                );
                (Past::Lost(lost), cause)
            }
        };
        Ok(Some(Self { offset: record.offset, cause, past, bytes: record.value.as_deref().map_or(0, <[u8]>::len) }))
    }
}

/// Why a range was not read to its end.
pub(crate) enum RangeError {
    LogClosed,
    Unreadable(Stopped),
}

/// Reads the records of a partition from one offset to another, which the log has reached.
pub(crate) async fn read_range<A: LoggedAggregate>(
    log: &dyn EventLog,
    partition: Partition,
    from: Offset,
    to: Offset,
    mut take: impl FnMut(&Record) -> Result<(), Stopped> + Send,
) -> Result<(), RangeError> {
    let mut next = from;
    if next >= to {
        return Ok(());
    }
    let mut tail = log.tail(A::EVENTS, BTreeMap::from([(partition, Start::At(from))]));
    while next < to {
        let batch = tail.next().await.ok_or(RangeError::LogClosed)?;
        for record in batch.records.iter().filter(|record| record.offset < to) {
            take(record).map_err(RangeError::Unreadable)?;
        }
        next = batch.records.last().map_or(next, |record| record.offset + 1);
    }
    Ok(())
}
