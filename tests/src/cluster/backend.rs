//! What a system under test stands on: a database of its own, and topics of its own when the log is Kafka.

use threadline::config::Config;
use threadline::storage::Storage;
use uuid::Uuid;

use super::servers::{OwnBroker, OwnPostgres};
use crate::database::Database;
use crate::keys::MASTER_KEY;
use crate::token::SECRET;

/// Partitions of every topic in a test.
pub const PARTITIONS: u32 = 8;

/// A log, and a database for the projections.
pub struct Backend {
    postgres: Postgres,
    kafka: Option<Kafka>,
}

enum Postgres {
    /// A fresh database on the server that all tests share.
    Shared(Database),
    /// A server for this test alone.
    Own(OwnPostgres),
}

/// Brokers, and what our topics' names begin with.
struct Kafka {
    brokers: String,
    prefix: String,
    /// When the broker is for this test alone.
    own: Option<OwnBroker>,
}

/// The broker that all tests share, from `KAFKA_BROKERS`. `None`, with a printed line, when there is none; but where
/// `CI` is set nothing may be left out.
pub fn shared_brokers() -> Option<String> {
    let brokers = std::env::var("KAFKA_BROKERS").ok().filter(|brokers| !brokers.is_empty());
    if brokers.is_none() {
        assert!(std::env::var_os("CI").is_none(), "KAFKA_BROKERS is not set, and CI leaves nothing out");
        println!("SKIPPED on Kafka: KAFKA_BROKERS is not set (make test starts a broker)");
    }
    brokers
}

impl Backend {
    /// Everything in Postgres, in a fresh database of the shared server.
    pub async fn postgres() -> Self {
        Self { postgres: Postgres::Shared(Database::fresh().await), kafka: None }
    }

    /// The log in Kafka, with topics of our own on the shared broker; the projections in a fresh database.
    pub async fn kafka(brokers: &str) -> Self {
        let kafka = Kafka { brokers: brokers.to_owned(), prefix: prefix(), own: None };
        Self { kafka: Some(kafka), ..Self::postgres().await }
    }

    /// Everything in a Postgres that is ours alone.
    pub async fn own_postgres() -> Self {
        Self { postgres: Postgres::Own(OwnPostgres::start().await), kafka: None }
    }

    /// The log in a broker that is ours alone; the projections in a fresh database.
    pub async fn own_kafka() -> Self {
        let own = OwnBroker::start();
        let kafka = Kafka { brokers: own.address(), prefix: prefix(), own: Some(own) };
        Self { kafka: Some(kafka), ..Self::postgres().await }
    }

    /// The database of the projections (and of the log, when it is Postgres).
    pub fn database_url(&self) -> &str {
        match &self.postgres {
            Postgres::Shared(database) => database.url(),
            Postgres::Own(server) => server.url(),
        }
    }

    /// Whether the log is Kafka.
    pub fn is_kafka(&self) -> bool {
        self.kafka.is_some()
    }

    /// Takes the log's own server away: Kafka by kill -9, Postgres by an immediate end of all connections.
    pub fn log_down(&mut self) {
        match (&mut self.kafka, &mut self.postgres) {
            (Some(Kafka { own: Some(broker), .. }), _) => broker.kill(),
            (None, Postgres::Own(server)) => server.stop(),
            _ => panic!("only a server of the test's own may be taken away"),
        }
    }

    /// Brings it back with its data.
    pub async fn log_up(&mut self) {
        match (&mut self.kafka, &mut self.postgres) {
            (Some(Kafka { own: Some(broker), .. }), _) => broker.bring_back(),
            (None, Postgres::Own(server)) => server.bring_back().await,
            _ => panic!("only a server of the test's own may be brought back"),
        }
    }

    /// Shuts everyone out of the database of the projections, or lets them in again. Not for a log in Postgres.
    pub async fn set_views_outage(&self, outage: bool) {
        match &self.postgres {
            Postgres::Shared(database) if self.is_kafka() => database.set_outage(outage).await,
            _ => panic!("the log would be out, too"),
        }
    }

    /// Opens the log and the projections as the processes do.
    pub async fn open(&self) -> Storage {
        let config = Config::read([], self.environment(), None).expect("what the processes are told is sound");
        Storage::open(&config).await.expect("the log and the projections open")
    }

    /// What a process must be told.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut environment = vec![
            ("DATABASE_URL", self.database_url()),
            ("THREADLINE_JWT_SECRET", SECRET),
            ("THREADLINE_TELEMETRY_LEVEL", "info"),
            ("THREADLINE_SEALING_MASTER_KEY", MASTER_KEY),
            // Tests block on servers that they stop and start; nobody pings meanwhile.
            ("THREADLINE_EDGE_HEARTBEAT_MS", "300000"),
        ];
        let partitions = PARTITIONS.to_string();
        environment.push(("THREADLINE_LOG_PARTITIONS", &partitions));
        if let Some(Kafka { brokers, prefix, .. }) = &self.kafka {
            environment.extend([("KAFKA_BROKERS", brokers.as_str()), ("THREADLINE_KAFKA_TOPIC_PREFIX", prefix)]);
        }
        environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

fn prefix() -> String {
    format!("test-{}.", Uuid::now_v7().simple())
}
