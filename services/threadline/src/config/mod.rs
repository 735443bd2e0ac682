//! What is in force: one typed value for all roles.

mod bounds;
mod edge;
mod layers;
mod sealing;
mod secrets;
mod sections;

use std::path::{Path, PathBuf};

use threadline_decider as decider;
use threadline_edge::EdgeConfig;
use threadline_edge::auth::AuthConfig;
use threadline_eventlog::kafka::KafkaConfig;

pub use layers::{Entry, Error, Origin};
pub use sealing::Sealing;
pub use secrets::{keep_master_key, keep_secret, kept_master_key, kept_secret};

/// The file that is read when nobody names another one; it may be missing.
pub const FILE: &str = "threadline.toml";

/// Partitions a topic may have: as many as a cursor can name.
pub const PARTITIONS_MAX: u32 = threadline_wire::cursor::CURSOR_PARTITIONS_MAX as u32;

/// Everything a process of ours can be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where this machine keeps what dev mode makes: its Postgres, its secret.
    pub directory: PathBuf,
    /// The Postgres with the projections, and with the log unless that is Kafka. `None`: dev mode manages one.
    pub database: Database,
    /// Where the log is.
    pub log: Log,
    /// Which tokens are taken; `None`: nothing was said, so dev mode makes a secret and the edge alone refuses to start.
    pub auth: Option<AuthConfig>,
    /// What development tokens say beside their user.
    pub token_claims: TokenClaims,
    /// The edge's settings; its `auth` is replaced by what is in force.
    pub edge: EdgeConfig,
    /// Whether edges give tokens to whoever asks; `None`: nothing was said, so dev mode's do where nobody else can ask.
    pub development_tokens: Option<bool>,
    /// Whether texts are sealed, and how.
    pub sealing: Sealing,
    /// The decider's bounds.
    pub decider: decider::Config,
    /// Where `/livez`, `/readyz` and `/metrics` are served apart from clients; port 0 takes a free one. Edges serve
    /// them beside their clients' routes too.
    pub health: std::net::SocketAddr,
    /// What is logged.
    pub telemetry: Telemetry,
    /// What was read, from where.
    pub entries: Vec<Entry>,
    /// Variables that look like ours and mean nothing.
    pub unknown_variables: Vec<String>,
}

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

/// The Postgres.
#[derive(Clone)]
pub struct Database {
    /// Its URL.
    pub url: Option<String>,
    /// Connections of one process for the projections.
    pub connections_max: Connections,
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

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("connections_max", &self.connections_max).finish_non_exhaustive()
    }
}

/// Where the log is.
#[derive(Clone, Debug)]
pub enum Log {
    /// In the same Postgres as the projections.
    Postgres {
        /// Partitions of each topic when the log is made.
        partitions: u32,
    },
    /// On Kafka.
    Kafka(Box<KafkaConfig>),
}

impl Log {
    /// For people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "Postgres",
            Self::Kafka(_) => "Kafka",
        }
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

impl Config {
    /// From flags (by key), the environment and the file's text, in this order of precedence.
    pub fn read(
        flags: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<(&Path, &str)>,
    ) -> Result<Self, Error> {
        sections::read(layers::Layers::new(flags, environment, file)?)
    }

    /// From flags, this process's environment, and the named file or [`FILE`].
    pub fn load(flags: impl IntoIterator<Item = (String, String)>, file: Option<&Path>) -> Result<Self, Error> {
        let path = file.unwrap_or(Path::new(FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error(format!("{}: {error}", path.display()))),
        };
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::read(flags, environment, text.as_deref().map(|text| (path, text)))
    }

    /// Which tokens are taken.
    pub fn require_auth(&self) -> Result<&AuthConfig, Error> {
        let missing = "auth: set THREADLINE_JWT_SECRET, or THREADLINE_JWKS_URL with THREADLINE_JWT_ISSUER and \
                       THREADLINE_JWT_AUDIENCE";
        self.auth.as_ref().ok_or_else(|| Error(missing.into()))
    }

    /// Tokens signed with this secret, with the claims in force.
    pub fn secret_auth(&self, secret: String) -> AuthConfig {
        let TokenClaims { issuer, audience, roles } = self.token_claims.clone();
        AuthConfig { issuer, audience, roles_claim: roles, ..AuthConfig::secret(secret) }
    }
}
