//! `states`: threads and messages as deciders need them. Small, fast, and apart from what readers see: read models may
//! lag, be dropped or be swapped, and writing goes on (decision 12).
//!
//! Another aggregate gets its own tables here, and its own `load`.

mod facts;
mod load;
mod members;
mod threads;

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool};
use threadline_domain::{MessageId, Partition, ThreadId, Topic};

use crate::live::{Live, read};
use crate::projection::Applying;
use crate::{Entry, Error, Progress, Projection, Rows, Schema, Spec, positions};

pub use load::Loaded;

/// The specification of `states`.
pub(crate) static SPEC: Spec = Spec {
    name: "states",
    version: 1,
    topics: &[Topic::Messages],
    migrations: &[include_str!("../../../../migrations/projections/states/0001_states.sql")],
    tables: &["threads", "members", "facts"],
};

/// The projection `states`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatesProjection;

impl Projection for StatesProjection {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn rows<'a>(&self) -> Box<dyn Rows<'a> + 'a> {
        Box::<Pending<'a>>::default()
    }
}

#[derive(Default)]
struct Pending<'a> {
    threads: threads::Pending<'a>,
    members: members::Pending<'a>,
    facts: facts::Pending,
}

impl<'a> Rows<'a> for Pending<'a> {
    fn add(&mut self, _: Partition, entry: &'a Entry) {
        match entry {
            Entry::Event(recorded) => {
                self.threads.add(&recorded.event);
                self.members.add(&recorded.event);
                self.facts.add(&recorded.event);
            }
            Entry::Lost(lost) => self.threads.add_lost(&lost.event),
            Entry::Mark(_) | Entry::User(_) => {}
        }
    }

    fn apply<'c>(&'c self, schema: &'c Schema, connection: &'c mut PgConnection) -> Applying<'c> {
        Box::pin(async move {
            self.threads.apply(schema, connection).await?;
            self.members.apply(schema, connection).await?;
            self.facts.apply(schema, connection).await
        })
    }
}

/// The states that deciders load, from the live generation. Cheap to clone.
///
/// ```text
/// states.load(partition, &[thread], &[(thread, message)]) ─▶ Loaded { states, facts, progress }
/// ```
///
/// Fails with [`Error::Unavailable`] when Postgres does not answer. A swap of generations fails no call.
#[derive(Clone, Debug)]
pub struct States(Live);

impl States {
    /// Reads over connections like those of the given pool.
    #[expect(clippy::needless_pass_by_value, reason = "takes the pool's place")]
    pub fn new(pool: PgPool) -> Self {
        Self(Live::new(&pool, &SPEC))
    }

    /// Loads the states of threads and the facts of messages, of one partition and each named once.
    pub async fn load(
        &self,
        partition: Partition,
        threads: &[ThreadId],
        facts: &[(ThreadId, MessageId)],
    ) -> Result<Loaded, Error> {
        read!(self.0, |live| load::load(&live.schema, &live.pool, partition, threads, facts))
    }

    /// Reads the progress of each partition of an aggregate's events; one without records is absent.
    pub async fn progress(&self, topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
        read!(self.0, |live| positions::all(&live.schema, &live.pool, topic))
    }

    /// Closes all connections after the calls that still run.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
