//! A log that takes a record only when every role in operation reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use threadline_wire::avro::awaited_schemas;

use crate::{Appending, Error, EventLog, NewRecord, Ownership, Partition, PartitionOffsets, Start, Tail, Topic};

/// Tells which schemas every role in operation reads.
pub trait Readers: Send + Sync + 'static {
    /// Whether they all read this one, as far as is known; never waits.
    fn is_read_everywhere(&self, schema_id: u32) -> bool;
}

/// A log that refuses records with [`Error::Unsupported`] until every role in operation reads what they [await]; all else is
/// the log's below it. A record of a schema that every program reads costs a look into the list of schemas.
///
/// For whoever lets something new into the log: edges. What follows from a command is not asked about again, because a
/// decider's answer must not depend on who runs: so commands await the schemas of their events, too.
///
/// [await]: threadline_wire::avro::Schema::awaits
pub struct GatedLog<R> {
    log: Arc<dyn EventLog>,
    readers: R,
}

impl<R: Readers> GatedLog<R> {
    /// Puts the gate before a log.
    pub fn new(log: Arc<dyn EventLog>, readers: R) -> Self {
        Self { log, readers }
    }

    fn check(&self, record: &NewRecord) -> Result<(), Error> {
        let awaited = record.value.as_deref().map_or(&[][..], awaited_schemas);
        match awaited.iter().find(|id| !self.readers.is_read_everywhere(**id)) {
            Some(&schema_id) => Err(Error::Unsupported { schema_id }),
            None => Ok(()),
        }
    }
}

impl<R: Readers> EventLog for GatedLog<R> {
    fn partitions(&self, topic: Topic) -> u32 {
        self.log.partitions(topic)
    }

    fn append(&self, topic: Topic, record: NewRecord) -> Appending {
        match self.check(&record) {
            Ok(()) => self.log.append(topic, record),
            Err(error) => Appending::failed(error),
        }
    }

    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        match self.check(&record) {
            Ok(()) => self.log.append_to(topic, partition, record),
            Err(error) => Appending::failed(error),
        }
    }

    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        self.log.tail(topic, from)
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.log.ends(topic)
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.log.starts(topic)
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        self.log.own(topic, group)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.log.health()
    }

    fn id(&self) -> String {
        self.log.id()
    }
}
