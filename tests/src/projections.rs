//! All projections of a log, in a database of the test's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use threadline_domain::{Partition, ReadMark, Topic, UserProfile};
use threadline_eventlog::{EventLog, StoppedPartitions, lease};
use threadline_projections::{
    Batch, Conversations, Entry, Error, Feed, Mark, Progress, ProjectError, Recorded, Registry, Schema, Share, State,
    States, projections,
};
use tokio_util::sync::CancellationToken;

use crate::database::Database;

/// Connections of each of the three.
const CONNECTIONS_MAX: u32 = 4;

/// All projections of a log.
#[derive(Clone)]
pub struct Projections {
    /// What readers see.
    pub conversations: Conversations,
    /// What deciders load.
    pub states: States,
    /// The generations.
    pub registry: Registry,
    url: Arc<str>,
}

/// Entries of one partition, for whichever projection takes them.
pub struct Entries {
    /// Their topic.
    pub topic: Topic,
    /// Their partition.
    pub partition: Partition,
    /// The progress before.
    pub from: Progress,
    /// The progress after.
    pub to: Progress,
    /// They.
    pub entries: Vec<Entry>,
}

impl Entries {
    /// Events.
    pub fn events(partition: Partition, from: Progress, to: Progress, events: &[Recorded]) -> Self {
        let entries = events.iter().cloned().map(Entry::Event).collect();
        Self { topic: Topic::Messages, partition, from, to, entries }
    }

    /// Read marks, of threads in the partition of the same number.
    pub fn marks(partition: Partition, from: Progress, to: Progress, marks: &[ReadMark]) -> Self {
        let entry = |mark: &ReadMark| Entry::Mark(Mark { mark: mark.clone(), thread_partition: partition });
        Self { topic: Topic::Reads, partition, from, to, entries: marks.iter().map(entry).collect() }
    }

    /// Names of users.
    pub fn users(partition: Partition, from: Progress, to: Progress, users: &[UserProfile]) -> Self {
        let entries = users.iter().cloned().map(Entry::User).collect();
        Self { topic: Topic::Users, partition, from, to, entries }
    }
}

impl Projections {
    /// Opens them; [`Projections::migrate`] makes them.
    pub fn open(database: &Database) -> Self {
        Self::at(database.url())
    }

    /// Opens those in the database of this URL.
    pub fn at(url: &str) -> Self {
        let pool = || PgPoolOptions::new().max_connections(CONNECTIONS_MAX).connect_lazy(url).expect("a URL");
        Self {
            conversations: Conversations::new(pool()),
            states: States::new(pool()),
            registry: Registry::new(pool()),
            url: url.into(),
        }
    }

    /// Makes them.
    pub async fn fresh(database: &Database) -> Self {
        let made = Self::open(database);
        made.migrate().await.expect("the projections' schemas can be made");
        made
    }

    /// Makes whatever of them is not there.
    pub async fn migrate(&self) -> Result<(), Error> {
        self.registry.migrate(&projections()).await
    }

    /// What a projector feeds.
    pub async fn feeds(&self) -> Vec<Feed> {
        self.registry.feeds(&projections()).await.expect("the registry answers")
    }

    /// Applies entries to all generations, in one transaction.
    pub async fn project(&self, all: &[Entries]) -> Result<(), ProjectError> {
        let feeds = self.feeds().await;
        let share = |feed| share(feed, all);
        project(&feeds.iter().map(share).collect::<Vec<_>>()).await
    }

    /// Likewise, events of one partition.
    pub async fn project_events(
        &self,
        partition: Partition,
        from: Progress,
        to: Progress,
        events: &[Recorded],
    ) -> Result<(), ProjectError> {
        self.project(&[Entries::events(partition, from, to, events)]).await
    }

    /// Likewise, read marks.
    pub async fn project_marks(
        &self,
        partition: Partition,
        from: Progress,
        to: Progress,
        marks: &[ReadMark],
    ) -> Result<(), ProjectError> {
        self.project(&[Entries::marks(partition, from, to, marks)]).await
    }

    /// Likewise, names of users.
    pub async fn project_users(
        &self,
        partition: Partition,
        from: Progress,
        to: Progress,
        users: &[UserProfile],
    ) -> Result<(), ProjectError> {
        self.project(&[Entries::users(partition, from, to, users)]).await
    }

    /// The checksum of each table of the live generations, by `projection.table`.
    pub async fn checksums(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for feed in self.feeds().await.iter().filter(|feed| feed.generation().state == State::Live) {
            let tables = feed.checksums().await.expect("the generation answers");
            let name = feed.spec().name;
            all.extend(tables.into_iter().map(|(table, checksum)| (format!("{name}.{table}"), checksum)));
        }
        all
    }

    /// The schema of a projection's live generation.
    pub async fn live(&self, name: &str) -> Schema {
        let generations = self.registry.generations().await.expect("the registry answers");
        let live = generations.into_iter().find(|one| one.name == name && one.state == State::Live);
        live.expect("it has a live generation").schema
    }

    /// Throws every generation away.
    pub async fn drop_all(&self) {
        for generation in self.registry.generations().await.expect("the registry answers") {
            self.execute(&format!("drop schema {} cascade", generation.schema)).await;
        }
    }

    /// Throws every generation away and makes empty ones.
    pub async fn drop_and_migrate(&self) {
        self.drop_all().await;
        self.migrate().await.expect("the projections' schemas can be made");
    }

    /// Runs statements in the database.
    pub async fn execute(&self, statements: &str) {
        let mut connection = PgConnection::connect(&self.url).await.expect("the database answers");
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("the statements are taken");
    }

    /// Runs a projector of all of them until `shutdown`.
    pub async fn run_projector(
        self,
        config: threadline_projector::Config,
        log: Arc<dyn EventLog>,
        database: lease::Database,
        stopped: StoppedPartitions,
        shutdown: CancellationToken,
    ) {
        threadline_projector::run(config, log, self.registry, projections(), &database, stopped, shutdown).await;
    }
}

fn share<'a>(feed: &'a Feed, all: &'a [Entries]) -> Share<'a> {
    let batches = all.iter().filter(|entries| feed.spec().topics.contains(&entries.topic));
    let batch = |entries: &'a Entries| Batch {
        topic: entries.topic,
        partition: entries.partition,
        from: entries.from,
        to: entries.to,
        entries: entries.entries.iter().collect(),
        letters: vec![],
    };
    Share { feed, batches: batches.map(batch).collect() }
}

async fn project(shares: &[Share<'_>]) -> Result<(), ProjectError> {
    threadline_projections::project(shares).await
}
