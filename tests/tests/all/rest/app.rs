//! A whole system in the test's own process.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use threadline_domain::thread::Thread;
use threadline_edge::auth::AuthConfig;
use threadline_edge::{Deps, EdgeConfig, Listeners};
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_projections::Conversations;
use threadline_tests::database::Database;
use threadline_tests::projections::Projections;
use threadline_tests::rest::Rest;
use threadline_tests::token::{SECRET, token_with};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const PARTITIONS: u32 = 3;

/// One edge with all that it needs; everything ends when this is dropped.
pub(super) struct App {
    pub(super) url: String,
    /// The base URL of the operation endpoints' own listener.
    pub(super) operations: String,
    pub(super) http: Client,
    pub(super) log: MemoryLog,
    pub(super) views: Conversations,
    pub(super) keyring: threadline_sealing::Keyring,
    pub(super) shutdown: CancellationToken,
    pub(super) edge: JoinHandle<Result<(), threadline_edge::Error>>,
    backend: Backend,
    _database: Database,
}

/// Decider and projector, and when they shall end.
struct Backend {
    stop: CancellationToken,
    projector: JoinHandle<()>,
}

impl App {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other settings than the default.
    pub(super) async fn start_with(change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let database = Database::fresh().await;
        let projections = Projections::fresh(&database).await;
        let views = projections.conversations.clone();
        let memory = MemoryLog::new(PARTITIONS);
        let log: Arc<dyn EventLog> = Arc::new(memory.clone());

        let stop = CancellationToken::new();
        let decider = threadline_decider::Config::default();
        let (decider_stopped, projector_stopped) = (StoppedPartitions::new(), StoppedPartitions::new());
        let stopped = decider_stopped.clone();
        tokio::spawn(threadline_decider::run::<Thread, _>(
            decider,
            Arc::clone(&log),
            projections.states.clone(),
            stopped,
            stop.clone(),
        ));
        let (config, stopped) = (threadline_projector::Config::default(), projector_stopped.clone());
        let projector = projections.run_projector(config, Arc::clone(&log), database.options(), stopped, stop.clone());
        let projector = tokio::spawn(projector);

        let mut config = EdgeConfig::new(AuthConfig::secret(SECRET));
        // The log in memory has a clock of its own, which says nothing about how old a record is.
        config.hub.lag_max = Duration::MAX;
        config.listen = (Ipv4Addr::LOCALHOST, 0).into();
        config.health = Some(config.listen);
        change(&mut config);
        let listeners = Listeners::bind(&config).await.expect("there are free ports");
        let url = url_of(Some(&listeners.clients));
        let operations = url_of(listeners.operations.as_ref());
        let shutdown = CancellationToken::new();
        let keyring = threadline_tests::keys::keyring(&database, &log.id()).await;
        let deps = Deps {
            log,
            conversations: views.clone(),
            keyring: keyring.clone(),
            metrics: None,
            stopped: vec![decider_stopped, projector_stopped],
        };
        let edge = tokio::spawn(threadline_edge::serve(listeners, config, deps, shutdown.clone()));
        let http = Client::new();
        let app = Self {
            url,
            operations,
            http,
            log: memory,
            views,
            keyring,
            shutdown,
            edge,
            backend: Backend { stop, projector },
            _database: database,
        };
        let ready =
            async || app.http.get(app.at("/readyz")).send().await.is_ok_and(|answer| answer.status().is_success());
        threadline_tests::wait::until("the edge is ready", Duration::from_secs(20), ready).await;
        app
    }

    /// A URL of the edge.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// This person's calls.
    pub(super) fn rest(&self, user: &str) -> Rest {
        Rest::new(&self.http, &self.url, user)
    }

    /// A call outside of `/api/chat`, without a token.
    pub(super) async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.http.request(method, self.at(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("the edge answers")
    }

    /// Takes the projector away: the views stay as they are.
    pub(super) fn stop_projector(&self) {
        self.backend.projector.abort();
    }

    /// A group of the first user with the others; its id.
    pub(super) async fn group(&self, users: &[&str]) -> String {
        let body = json!({"kind": "group", "participants": &users[1..]});
        let made = self.rest(users[0]).post("threads/", body).await.is(201);
        text(&made, "id")
    }

    /// Waits until it is known that this person has signed in: nobody who signs in waits for that.
    pub(super) async fn knows(&self, user: &str) {
        let service = self.rest("").with_token(&token_with("shop", &["service"]));
        let is_known = async || service.get(&format!("users/{user}/")).await.status == 200;
        threadline_tests::wait::until("the user is known", std::time::Duration::from_secs(20), is_known).await;
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.backend.stop.cancel();
    }
}

fn url_of(listener: Option<&TcpListener>) -> String {
    let address = listener.and_then(|listener| listener.local_addr().ok()).expect("it listens");
    format!("http://{address}")
}

/// A field that is a text.
#[track_caller]
pub(super) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is no text in {value}")).to_owned()
}

/// `path?at_least=<position of what was written>`.
#[track_caller]
pub(super) fn after(path: &str, written: &Value) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}at_least={}", text(written, "position"))
}
