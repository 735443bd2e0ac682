//! What is in force: one typed value for all roles.
//!
//! `sections` declares every setting, once; `reader` reads it from the `layers` and records it; `reference` writes the
//! page of all settings.

mod error;
mod layers;
mod origin;
mod parts;
mod reader;
mod reference;
mod secrets;
mod sections;
mod setting;
mod unknown;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use threadline_decider as decider;
use threadline_edge::EdgeConfig;
use threadline_edge::auth::AuthConfig;
use threadline_projections::RosterConfig;
use threadline_projector as projector;

pub use error::Error;
pub use origin::Origin;
pub use parts::{Connections, Database, Format, Log, Sealing, Telemetry, TokenClaims};
pub use reader::Entry;
pub use reference::{markdown, sample};
pub use secrets::{keep_master_key, keep_secret, kept_master_key, kept_secret};
pub use setting::{Setting, Spelling};

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
    /// The bounds of projectors and rebuilds.
    pub projector: projector::Config,
    /// How roles announce themselves.
    pub roster: RosterConfig,
    /// Where `/livez`, `/readyz` and `/metrics` are served apart from clients; port 0 takes a free one. Edges serve
    /// them beside their clients' routes too.
    pub health: SocketAddr,
    /// What is logged.
    pub telemetry: Telemetry,
    /// Every setting, with its value and where it came from.
    pub entries: Vec<Entry>,
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
            Err(source) => return Err(Error::Unreadable { path: path.to_owned(), source }),
        };
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::read(flags, environment, text.as_deref().map(|text| (path, text)))
    }

    /// Which tokens are taken.
    pub fn require_auth(&self) -> Result<&AuthConfig, Error> {
        let missing = "auth: set THREADLINE_JWT_SECRET, or THREADLINE_JWKS_URL with THREADLINE_JWT_ISSUER and \
                       THREADLINE_JWT_AUDIENCE";
        self.auth.as_ref().ok_or_else(|| Error::Missing(missing.into()))
    }

    /// Tokens signed with this secret, with the claims in force.
    pub fn secret_auth(&self, secret: String) -> AuthConfig {
        let TokenClaims { issuer, audience, roles } = self.token_claims.clone();
        AuthConfig { issuer, audience, roles_claim: roles, ..AuthConfig::secret(secret) }
    }
}
