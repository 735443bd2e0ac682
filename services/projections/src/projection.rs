//! What a projection is.

use std::collections::BTreeMap;
use std::pin::Pin;

use sqlx::PgConnection;
use threadline_domain::{Partition, Topic};

use crate::{Entry, Schema};

/// What is fixed for a projection in this program.
#[derive(Debug)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// The version of its tables. A program reads and writes generations of this version only.
    pub version: u32,
    /// The topics that it is made from.
    pub topics: &'static [Topic],
    /// The statements that make its tables, in order.
    pub migrations: &'static [&'static str],
    /// Its tables, every one of which follows from the log.
    pub tables: &'static [&'static str],
}

impl Spec {
    /// The statements that make a generation, in order: first what every generation has.
    pub(crate) fn generation_migrations(&self) -> Vec<&'static str> {
        let common = include_str!("../../../migrations/projections/generation/0001_generation.sql");
        [common].into_iter().chain(self.migrations.iter().copied()).collect()
    }
}

/// A read model: tables that follow from the log, and how records become their rows.
///
/// The rows at some progress depend on the records up to there and on nothing else: not on the time, on how the records
/// were cut into batches, or on how the topics interleaved.
pub trait Projection: Send + Sync + 'static {
    /// What is fixed.
    fn spec(&self) -> &'static Spec;

    /// No rows yet.
    fn rows<'a>(&self) -> Box<dyn Rows<'a> + 'a>;
}

/// What some records of one topic do to the tables. A row that many of the records concern is written once.
pub trait Rows<'a>: Send + Sync {
    /// Takes in a record of a partition; those of a partition come in the order of the log.
    fn add(&mut self, partition: Partition, entry: &'a Entry);

    /// The partitions that no other transaction may work on at the same time.
    fn locks(&self) -> &BTreeMap<Partition, Lock> {
        const { &BTreeMap::new() }
    }

    /// Writes the rows.
    fn apply<'c>(&'c self, schema: &'c Schema, connection: &'c mut PgConnection) -> Applying<'c>;
}

/// Writes rows.
pub type Applying<'c> = Pin<Box<dyn Future<Output = Result<(), sqlx::Error>> + Send + 'c>>;

/// Whom a transaction keeps out of a partition until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Those who take it alone.
    Shared,
    /// Everybody.
    Alone,
}
