//! A fresh database for a test.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use threadline::postgres::Managed;
use tokio::sync::Mutex;

/// Tells databases of one test process apart.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The server of our own, for as long as some database on it is in use.
static SERVER: Mutex<Weak<Managed>> = Mutex::const_new(Weak::new());

/// An empty database on the server of `DATABASE_URL` or, where that is not set, on one of our own; it is gone, as far
/// as can be, when this is dropped.
pub struct Database {
    url: String,
    name: String,
    server_url: String,
    /// Keeps it running.
    _server: Option<Arc<Managed>>,
}

impl Database {
    /// Makes one.
    pub async fn fresh() -> Self {
        let given = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        let server = if given.is_none() { Some(own_server().await) } else { None };
        let server_url = given.or_else(|| Some(server.as_ref()?.url().to_owned())).expect("one of the two is there");
        let name = format!("threadline_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        // A process of the same id may have been killed before it could clean up.
        execute(&server_url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
            .expect("the server answers");
        execute(&server_url, &format!("CREATE DATABASE {name}")).await.expect("a database can be made");
        Self { url: with_database(&server_url, &name), name, server_url, _server: server }
    }

    /// For `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For sqlx.
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.url).expect("a URL of our own making")
    }

    /// Ends every connection to the database at once, from the server's side.
    pub async fn disconnect_all(&self) {
        let name = &self.name;
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        execute(&self.server_url, &end).await.expect("the server answers");
    }

    /// Lets nobody in (and throws out who is), or lets everybody in again.
    pub async fn set_outage(&self, outage: bool) {
        let allow = format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}", self.name, !outage);
        execute(&self.server_url, &allow).await.expect("the server answers");
        if outage {
            self.disconnect_all().await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (url, drop) = (self.server_url.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        let dropping = std::thread::spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
                let _ = runtime.block_on(execute(&url, &drop));
            }
        });
        let _ = dropping.join();
    }
}

async fn own_server() -> Arc<Managed> {
    let mut shared = SERVER.lock().await;
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = Arc::new(Managed::temporary().await.expect("DATABASE_URL is not set and no server can be started"));
    *shared = Arc::downgrade(&server);
    server
}

async fn execute(url: &str, statement: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    connection.execute(AssertSqlSafe(statement)).await.map(|_| ())
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let after_scheme = address.find("://").map_or(0, |place| place + 3);
    let server = address[after_scheme..].find('/').map_or(address, |place| &address[..after_scheme + place]);
    query.map_or_else(|| format!("{server}/{name}"), |query| format!("{server}/{name}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        for (url, expected) in [
            ("postgres://a@b:1/c", "postgres://a@b:1/x"),
            ("postgres://a@b:1", "postgres://a@b:1/x"),
            ("postgres://a@%2Fsocket/c?sslmode=disable", "postgres://a@%2Fsocket/x?sslmode=disable"),
            ("postgres://a@/c?host=/socket", "postgres://a@/x?host=/socket"),
        ] {
            assert_eq!(with_database(url, "x"), expected);
        }
    }
}
