//! Opens connections that do one thing each, for as long as they live.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use threadline_domain::topic::Durability;
use tokio::time::timeout;

use crate::Error;

/// The longest a connection may take to come up.
const CONNECT_MS_MAX: u64 = 2_000;
/// The longest any statement of the log may take before the connection counts as lost.
const STATEMENT_MS_MAX: u64 = 5_000;
/// The server gives up on a statement earlier than we do, so that what we call failed does not happen later.
const SERVER_STATEMENT_MS_MAX: &str = "4000";
/// The first wait before connecting again.
const BACKOFF_MS_MIN: u64 = 25;
/// The longest wait before connecting again.
const BACKOFF_MS_MAX: u64 = 500;

/// The options that all connections of the log share. Commits wait for the disk where they must be durable. A peer that
/// vanished silently is noticed within 3 s.
pub(crate) fn options(database: &PgConnectOptions, durability: Durability) -> PgConnectOptions {
    let synchronous_commit = match durability {
        Durability::Durable => "on",
        Durability::Relaxed => "off",
    };
    database.clone().options([
        ("synchronous_commit", synchronous_commit),
        ("statement_timeout", SERVER_STATEMENT_MS_MAX),
        ("idle_in_transaction_session_timeout", SERVER_STATEMENT_MS_MAX),
        ("tcp_keepalives_idle", "1"),
        ("tcp_keepalives_interval", "1"),
        ("tcp_keepalives_count", "2"),
        ("jit", "off"),
        // Every statement of the log goes by an index. A plan that was made and kept while the table of records was
        // small must not read all of it later.
        ("enable_seqscan", "off"),
    ])
}

/// Connects, within a bound.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    match timeout(Duration::from_millis(CONNECT_MS_MAX), options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Error::unavailable("failed to connect to Postgres", error)),
        Err(_) => Err(Error::Unavailable(format!("no connection to Postgres within {CONNECT_MS_MAX} ms").into())),
    }
}

/// Runs a statement, within a bound. After an error the connection is not to be used again.
pub(crate) async fn bounded<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
    match timeout(Duration::from_millis(STATEMENT_MS_MAX), statement).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(unavailable(error)),
        Err(_) => Err(Error::Unavailable(format!("no answer of Postgres within {STATEMENT_MS_MAX} ms").into())),
    }
}

pub(crate) fn unavailable(error: sqlx::Error) -> Error {
    Error::unavailable("a statement failed", error)
}

/// Waits between attempts, longer each time.
#[derive(Debug)]
pub(crate) struct Backoff {
    next_ms: u64,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next_ms: BACKOFF_MS_MIN }
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.next_ms)).await;
        self.next_ms = (self.next_ms * 2).min(BACKOFF_MS_MAX);
    }

    pub(crate) const fn reset(&mut self) {
        self.next_ms = BACKOFF_MS_MIN;
    }
}
