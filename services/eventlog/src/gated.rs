//! A log that refuses records until every role in operation reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use threadline_wire::avro::awaited_schemas;

use crate::{Appending, Error, EventLog, NewRecord, Ownership, Partition, PartitionOffsets, Start, Tail, Topic};

/// Knows which schemas every role in operation reads.
///
/// Asked for each append of a record that awaits schemas, so it must answer from memory. While it does not know, the
/// answer is `false`: the append fails as retryable.
pub trait Readers: Send + Sync + 'static {
    /// Whether every role reads this schema, as far as is known now. Never waits.
    fn is_read_everywhere(&self, schema_id: u32) -> bool;
}

/// A log that refuses records with [`Error::Unsupported`] until every role in operation reads the schemas that they
/// [await]; everything else goes to the log it wraps. A record whose schema every program reads costs one look into the
/// list of schemas.
///
/// Edges use it, because they let new things into the log. Deciders do not: their answer to a command must not depend
/// on who runs, so a command awaits the schemas of its events as well (decision 10).
///
/// ```text
/// edge ─▶ GatedLog ─ schema read by all? ─▶ log
///             └ no ─▶ Error::Unsupported, retryable
/// ```
///
/// [await]: threadline_wire::avro::Schema::awaits
pub struct GatedLog<R> {
    log: Arc<dyn EventLog>,
    readers: R,
}

impl<R: Readers> GatedLog<R> {
    /// Wraps a log.
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
