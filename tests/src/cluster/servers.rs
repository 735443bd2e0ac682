//! Servers of a test's own, which it may take away and bring back.

use std::path::{Path, PathBuf};
use std::process::Command;

use threadline::postgres::Managed;
use uuid::Uuid;

use super::ports::Ports;

/// A Postgres with a directory of its own; both go when it is dropped.
pub(super) struct OwnPostgres {
    directory: PathBuf,
    url: String,
    server: Option<Managed>,
}

impl OwnPostgres {
    /// Makes and starts one.
    pub(super) async fn start() -> Self {
        let directory = temporary("postgres");
        let server = Managed::start(&directory).await.expect("a Postgres server starts");
        Self { directory: server.directory().to_owned(), url: server.url().to_owned(), server: Some(server) }
    }

    /// Where it is, also after it came back.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Takes it away: every connection ends.
    pub(super) fn stop(&mut self) {
        self.server.take().expect("it runs").stop();
    }

    /// Brings it back with its data.
    pub(super) async fn bring_back(&mut self) {
        self.server = Some(Managed::start(&self.directory).await.expect("the server starts again on its data"));
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A Kafka node with a port and a directory of its own; it ends when it is dropped.
pub struct OwnBroker {
    directory: PathBuf,
    ports: Ports,
    settings: String,
}

impl OwnBroker {
    /// Makes and starts one, and waits until it answers.
    pub(super) fn start() -> Self {
        Self::start_with(0, |_, _| String::new())
    }

    /// Likewise, with settings of the test's own, made from the broker's port and so many further ones.
    pub fn start_with(ports: u16, settings: impl FnOnce(u16, &[u16]) -> String) -> Self {
        let (directory, taken) = (temporary("kafka"), Ports::take(2 + ports));
        let further: Vec<_> = (2..2 + ports).map(|index| taken.get(index)).collect();
        let settings = settings(taken.get(0), &further);
        let broker = Self { directory, ports: taken, settings };
        broker.script("start");
        broker
    }

    /// The further port with this index.
    pub fn port(&self, index: u16) -> u16 {
        self.ports.get(2 + index)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.get(0))
    }

    /// Ends it with no warning.
    pub fn kill(&self) {
        self.script("kill");
    }

    /// Brings it back with its data, and waits until it answers.
    pub fn bring_back(&self) {
        self.script("start");
    }

    fn script(&self, action: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/kafka.sh");
        let mut command = Command::new(script);
        command.arg(action).env("THREADLINE_KAFKA_DIR", &self.directory);
        command.env("THREADLINE_KAFKA_PORT", self.ports.get(0).to_string());
        command.env("THREADLINE_KAFKA_NODE_SETTINGS", &self.settings);
        // A file, not a pipe: the broker outlives the script and would hold a pipe open.
        let said = self.directory.with_extension("log");
        let log = std::fs::File::create(&said).expect("the temporary directory can be written");
        command.stdout(log.try_clone().expect("a file has two names")).stderr(log);
        let status = command.status().expect("the script runs");
        let said = std::fs::read_to_string(&said).unwrap_or_default();
        assert!(status.success(), "kafka.sh {action} failed: {said}");
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.script("kill");
        } else if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.script("kill"))).is_err() {
            eprintln!("the broker in {} may still run", self.directory.display());
        }
        let _ = std::fs::remove_dir_all(&self.directory);
        let _ = std::fs::remove_file(self.directory.with_extension("log"));
    }
}

/// A path in the temporary directory that nobody else uses.
fn temporary(what: &str) -> PathBuf {
    std::env::temp_dir().join(format!("threadline-{what}-{}", Uuid::now_v7().simple()))
}
