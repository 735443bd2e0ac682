//! `states`: threads and messages as deciders need them. Small and fast, and apart from what readers see: read models may
//! lag, be dropped or be swapped, and nobody is kept from writing.
//!
//! Another aggregate gets tables of its own here, and a `load` of its own.

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

/// What is fixed for `states`.
pub(crate) static SPEC: Spec = Spec {
    name: "states",
    version: 1,
    topics: &[Topic::Messages],
    migrations: &[include_str!("../../../../migrations/projections/states/0001_states.sql")],
    tables: &["threads", "members", "facts"],
};

/// How `states` is made.
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

    /// Looks up how far each partition of an aggregate's events has been followed; one never touched is absent.
    pub async fn progress(&self, topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
        read!(self.0, |live| positions::all(&live.schema, &live.pool, topic))
    }

    /// Closes all connections; calls still running end first.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
