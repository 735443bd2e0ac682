//! The parts of a configuration that no crate below has a type for.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use threadline_eventlog::kafka::KafkaConfig;
use threadline_eventlog::postgres;
use threadline_sealing as sealing;

/// What development tokens say beside their user.
#[derive(Clone, Debug)]
pub struct TokenClaims {
    /// `iss`.
    pub issuer: Option<String>,
    /// `aud`.
    pub audience: Option<String>,
    /// The name of the claim with the roles.
    pub roles: String,
}

/// The Postgres of the projections.
#[derive(Clone)]
pub struct Database {
    /// Its URL.
    pub url: Option<String>,
    /// Connections of one process for the projections.
    pub connections_max: Connections,
    /// How long to wait for a free one of them.
    pub connection_wait: Duration,
}

/// Connections of one process for the projections, by the role that uses them.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// What clients read, of all edges of the process.
    pub edge: u32,
    /// Loads of threads.
    pub decider: u32,
    /// Writes.
    pub projector: u32,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("connections_max", &self.connections_max).finish_non_exhaustive()
    }
}

/// Where the log is.
#[derive(Clone, Debug)]
pub enum Log {
    /// In the same Postgres as the projections.
    Postgres(Box<postgres::Options>),
    /// On Kafka.
    Kafka(Box<KafkaConfig>),
}

impl Log {
    /// For people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "Postgres",
            Self::Kafka(_) => "Kafka",
        }
    }
}

/// What this process knows of sealing.
#[derive(Clone)]
pub struct Sealing {
    /// Whether the log is sealed. Fixed when a log is made: a process that is set otherwise does not start.
    pub seals: bool,
    /// The master key in base64.
    pub master_key: Option<String>,
    /// A file that holds it.
    pub master_key_file: Option<PathBuf>,
    /// The bounds.
    pub bounds: sealing::Config,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").field("seals", &self.seals).finish_non_exhaustive()
    }
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Directives such as `info,threadline_edge=debug`.
    pub level: String,
    /// How lines look.
    pub format: Format,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}
