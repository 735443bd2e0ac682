//! What every role stands on: the log and the projections.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use threadline_eventlog::kafka::{KafkaLog, PARTITIONS_DEFAULT, create_topics};
use threadline_eventlog::postgres::PostgresLog;
use threadline_eventlog::{EventLog, GatedLog, Readers};
use threadline_projections::{Conversations, Entered, Registry, Roster, RosterConfig, States, projections};
use threadline_sealing::Keyring;
use threadline_wire::avro::SCHEMAS;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::config::{self, Config, Log};
use crate::error::Error;
use crate::postgres::Managed;

/// How long a role that ends waits to be taken off the roster.
const LEAVE_WAIT: Duration = Duration::from_secs(1);
/// Connections for the roster.
const ROSTER_CONNECTIONS_MAX: u32 = 2;

/// The log and the projections, open.
#[derive(Clone)]
pub struct Storage {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// What edges, probes and commands read. Each role has connections of its own: none can starve another.
    pub conversations: Conversations,
    /// What deciders load.
    pub states: States,
    /// What projectors write to.
    pub registry: Registry,
    /// The Postgres of the projections.
    pub database: PgConnectOptions,
    /// Connections for the roster.
    pool: PgPool,
    roster: RosterConfig,
}

impl Storage {
    /// Opens both. The log in Postgres makes its schema when it opens; the projections' must be there (see [`migrate`]).
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let storage = Self::connect(config).await?;
        // Projections of another log would be continued as if they were of this one; those of a newer program are not for
        // this one. What is away may come later.
        match storage.registry.check(&projections(), &storage.log.id()).await {
            Err(error) if error.is_final() => Err(error.into()),
            Err(error) => {
                tracing::warn!(
                    %error,
                    "failed to check the projections: {error}; starting all the same, not ready until they are there"
                );
                Ok(storage)
            }
            Ok(()) => Ok(storage),
        }
    }

    /// Opens both, whether or not this program can work with the projections that are live.
    pub async fn connect(config: &Config) -> Result<Self, Error> {
        let database = database(config)?;
        let log: Arc<dyn EventLog> = match &config.log {
            Log::Postgres(options) => Arc::new(PostgresLog::open(&database, (**options).clone()).await?),
            Log::Kafka(kafka) => Arc::new(KafkaLog::connect((**kafka).clone()).await?),
        };
        // A pool that nobody uses connects to nothing.
        let pool = |connections_max| {
            let options = database.clone().application_name("threadline");
            let pool =
                PgPoolOptions::new().max_connections(connections_max).acquire_timeout(config.database.connection_wait);
            pool.connect_lazy_with(options)
        };
        let connections = &config.database.connections_max;
        let conversations = Conversations::new(pool(connections.edge));
        let states = States::new(pool(connections.decider));
        let registry = Registry::new(pool(connections.projector));
        let pool = pool(ROSTER_CONNECTIONS_MAX);
        Ok(Self { log, conversations, states, registry, database, pool, roster: config.roster.clone() })
    }

    /// Announces a role with all the schemas that this program reads, until what is answered is dropped. The role starts
    /// afterwards: newer ones have heard of it by then, unless that takes too long.
    pub async fn announce(&self, role: &'static str) -> Announced {
        let schemas = SCHEMAS.iter().map(|schema| schema.id).collect();
        let roster = Roster::new(&self.pool, self.roster.clone(), role, Uuid::now_v7().to_string(), schemas);
        let announcing = tokio::spawn({
            let roster = roster.clone();
            async move { roster.run().await }
        });
        match roster.enter().await {
            Ok(Entered::Heard) => {}
            Ok(Entered::Unheard) => {
                tracing::warn!(role, "newer roles have not heard of this one in time; starting all the same");
            }
            Err(error) => tracing::warn!(role, %error, "failed to enter the roster: {error}; starting all the same"),
        }
        Announced { roster, announcing }
    }

    /// Closes the connections to the projections; for whoever stops the server next.
    pub async fn close(self) {
        self.conversations.close().await;
        self.states.close().await;
        self.registry.close().await;
    }
}

/// A role among those in operation.
pub struct Announced {
    roster: Roster,
    announcing: JoinHandle<()>,
}

impl Announced {
    /// The log for whoever lets something new in: it refuses what a role in operation does not read.
    pub fn gated(&self, log: &Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        Arc::new(GatedLog::new(Arc::clone(log), InOperation(self.roster.clone())))
    }

    /// Takes the role off at once. Without this it expires.
    pub async fn leave(self) {
        self.announcing.abort();
        if let Ok(Err(error)) = tokio::time::timeout(LEAVE_WAIT, self.roster.leave()).await {
            tracing::debug!(%error, "failed to take the role off the roster: {error}; it expires");
        }
    }
}

/// The roles in the roster.
struct InOperation(Roster);

impl Readers for InOperation {
    fn is_read_everywhere(&self, schema_id: u32) -> bool {
        self.0.is_read_everywhere(schema_id)
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.announcing.abort();
    }
}

/// Makes or updates what roles need before they start: the projections' schemas, and the log's if it is in Postgres.
pub async fn migrate(config: &Config) -> Result<(), Error> {
    let database = database(config)?;
    if let Log::Postgres(options) = &config.log {
        PostgresLog::migrate(&database, options).await?;
    }
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(database.clone());
    Roster::migrate(&pool).await?;
    Registry::new(pool).migrate(&projections()).await?;
    Ok(Keyring::migrate(&database).await?)
}

/// Makes the topics that are missing, for one broker, if the log is Kafka.
pub async fn create_missing_topics(config: &Config) -> Result<(), Error> {
    if let Log::Kafka(kafka) = &config.log {
        let found = threadline_eventlog::kafka::list_topics(kafka).await?;
        if found.iter().any(|topic| topic.partitions.is_none()) {
            let partitions = found.iter().find_map(|topic| topic.partitions).unwrap_or(PARTITIONS_DEFAULT);
            create_topics(kafka, partitions, 1).await?;
        }
    }
    Ok(())
}

/// Sees to it that there is a database: the one that was named, or one of our own, which lives as long as what this
/// returns.
pub async fn ensure_database(config: &mut Config) -> Result<Option<Managed>, Error> {
    if config.database.url.is_some() {
        return Ok(None);
    }
    let server = Managed::start(&postgres_directory(config)).await?;
    config.database.url = Some(server.url().to_owned());
    Ok(Some(server))
}

/// Looks for a database to join: the one that was named, or the one that a running dev mode manages.
pub fn find_database(config: &mut Config) {
    if config.database.url.is_none() {
        config.database.url = Managed::running(&postgres_directory(config));
    }
}

/// Whether there can be anything: a database was named, or found, or one of our own has run here before.
pub fn has_data(config: &Config) -> bool {
    config.database.url.is_some() || postgres_directory(config).exists()
}

/// Where our own Postgres has its data. Projections are made from one log: each sort of log has a Postgres of its own, so that
/// one can go to Kafka and back.
fn postgres_directory(config: &Config) -> PathBuf {
    config.directory.join(match config.log {
        Log::Postgres(_) => "postgres",
        Log::Kafka(_) => "postgres-kafka",
    })
}

fn database(config: &Config) -> Result<PgConnectOptions, config::Error> {
    let missing = "database.url: set DATABASE_URL to a URL such as postgres://user:password@host:5432/name (only `threadline dev` \
                   runs a Postgres itself)";
    let url = config.database.url.as_deref().ok_or_else(|| config::Error::Missing(missing.into()))?;
    // The configuration has read it already.
    url.parse().map_err(|_| config::Error::Missing("database.url is not a URL of a Postgres".into()))
}
