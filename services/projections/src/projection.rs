//! The traits of a projection.

use std::collections::BTreeMap;
use std::pin::Pin;

use sqlx::PgConnection;
use threadline_domain::{Partition, Topic};

use crate::{Entry, Schema};

/// A projection's specification in this program.
#[derive(Debug)]
pub struct Spec {
    pub name: &'static str,
    /// The version of its tables. This program reads and writes generations of this version only.
    pub version: u32,
    /// The topics that it is made from.
    pub topics: &'static [Topic],
    /// The statements that create its tables, in order.
    pub migrations: &'static [&'static str],
    pub tables: &'static [&'static str],
}

impl Spec {
    /// Returns the statements that create a generation, in order; first the tables that every generation has.
    pub(crate) fn generation_migrations(&self) -> Vec<&'static str> {
        let common = include_str!("../../../migrations/projections/generation/0001_generation.sql");
        [common].into_iter().chain(self.migrations.iter().copied()).collect()
    }
}

/// A read model: tables that follow from the log, and how records become their rows.
///
/// ```text
/// let mut rows = projection.rows();
/// for entry in entries { rows.add(partition, entry); }     // merges: a row that many records concern is written once
/// rows.apply(schema, &mut transaction).await?;              // the caller moves the progress in the same transaction
/// ```
///
/// The rows at some progress depend on the records below it and on nothing else: not on the time, on how the records
/// were cut into batches, or on how the topics interleaved. So a rebuild gives the same rows, and two projectors that
/// meet do no harm.
///
/// Nothing here has side effects. An error of [`Rows::apply`] rolls the transaction back; one that a record's values
/// cause makes the projector find that record, put it into the dead letters and apply the rest.
pub trait Projection: Send + Sync + 'static {
    /// Returns the specification.
    fn spec(&self) -> &'static Spec;

    /// Makes an empty set of rows.
    fn rows<'a>(&self) -> Box<dyn Rows<'a> + 'a>;
}

/// The rows that some records make, collected before the first statement runs. A row that many of the records concern
/// is written once.
///
/// ```text
/// add, add, add ─▶ locks: partitions to lock, in order ─▶ apply: statements over all rows at once
/// ```
///
/// [`add`](Self::add) cannot fail. [`apply`](Self::apply) fails as Postgres does; the transaction is then rolled back
/// and the rows are dropped.
pub trait Rows<'a>: Send + Sync {
    /// Adds a record. Records of one partition come in the order of the log.
    fn add(&mut self, partition: Partition, entry: &'a Entry);

    /// Returns the partitions in which no other transaction may work at the same time.
    fn locks(&self) -> &BTreeMap<Partition, Lock> {
        const { &BTreeMap::new() }
    }

    /// Writes all rows into the schema's tables.
    fn apply<'c>(&'c self, schema: &'c Schema, connection: &'c mut PgConnection) -> Applying<'c>;
}

/// The future of [`Rows::apply`].
pub type Applying<'c> = Pin<Box<dyn Future<Output = Result<(), sqlx::Error>> + Send + 'c>>;

/// How a transaction locks a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Excludes transactions that lock it alone.
    Shared,
    /// Excludes every other transaction.
    Alone,
}
