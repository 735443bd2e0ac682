//! Edges in this process, with settings of the test's own: on a log in memory and real views, with a decider and a
//! projector behind.

use std::net::Ipv4Addr;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use threadline_domain::thread::Thread;
use threadline_edge::auth::AuthConfig;
use threadline_edge::{Deps, EdgeConfig};
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_projections::Conversations;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::database::Database;
use crate::keys;
use crate::projections::Projections;
use crate::rest::Rest;
use crate::token::SECRET;
use crate::wait::until;

/// Partitions of every topic: threads share some and not others.
const PARTITIONS: u32 = 3;

/// Edges and what they need.
pub struct Edges {
    /// The log; every role has a process of its own on it.
    pub log: MemoryLog,
    http: reqwest::Client,
    config: EdgeConfig,
    projections: Projections,
    all: Vec<Edge>,
    _roles: DropGuard,
    // Last: the database goes when nobody is connected any more.
    database: Database,
}

struct Edge {
    url: String,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

impl Edges {
    /// Starts so many edges with the default settings.
    pub async fn start(count: usize) -> Self {
        Self::start_with(count, |_| {}).await
    }

    /// Starts so many edges with settings changed by the test.
    pub async fn start_with(count: usize, change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let database = Database::fresh().await;
        let projections = Projections::fresh(&database).await;
        let log = MemoryLog::new(PARTITIONS);
        let shutdown = CancellationToken::new();
        let (decider, projector) = (Arc::new(log.process()), Arc::new(log.process()));
        tokio::spawn(threadline_decider::run::<Thread, _>(
            threadline_decider::Config::default(),
            decider,
            projections.states.clone(),
            StoppedPartitions::new(),
            shutdown.clone(),
        ));
        let config = threadline_projector::Config::default();
        let (leases, stopped) = (database.options(), StoppedPartitions::new());
        tokio::spawn(projections.clone().run_projector(config, projector, leases, stopped, shutdown.clone()));
        let mut config = EdgeConfig::new(AuthConfig::secret(SECRET));
        config.listen = (Ipv4Addr::LOCALHOST, 0).into();
        change(&mut config);
        let (http, roles) = (reqwest::Client::new(), shutdown.drop_guard());
        let mut edges = Self { log, http, config, projections, all: Vec::new(), _roles: roles, database };
        for _ in 0..count {
            edges.add().await;
        }
        edges
    }

    /// Starts another edge and waits until it is ready; returns its number.
    pub async fn add(&mut self) -> usize {
        self.add_on(Arc::new(self.log.process())).await
    }

    /// Starts another edge on this way into the log, and waits until it is ready; returns its number.
    pub async fn add_on(&mut self, log: Arc<dyn EventLog>) -> usize {
        let edge = self.add_unready(log).await;
        let ready = format!("{}/readyz", self.url(edge));
        until("the edge is ready", crate::socket::PATIENCE, async || {
            reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        edge
    }

    /// Starts another edge on this way into the log, which may never be ready; returns its number.
    pub async fn add_unready(&mut self, log: Arc<dyn EventLog>) -> usize {
        let listener = TcpListener::bind(self.config.listen).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let shutdown = CancellationToken::new();
        let keyring = keys::keyring(&self.database, &log.id()).await;
        let deps = Deps {
            log,
            conversations: self.projections.conversations.clone(),
            keyring,
            metrics: None,
            stopped: vec![],
        };
        let serving = threadline_edge::serve(listener, self.config.clone(), deps, shutdown.clone());
        let serving = tokio::spawn(async move { serving.await.expect("the edge serves") });
        self.all.push(Edge { url, shutdown, serving });
        self.all.len() - 1
    }

    /// The base URL of an edge.
    pub fn url(&self, edge: usize) -> &str {
        &self.all[edge].url
    }

    /// This person at an edge.
    pub fn rest(&self, edge: usize, user: &str) -> Rest {
        Rest::new(&self.http, self.url(edge), user)
    }

    /// Makes a group of its creator and these others; returns its id.
    pub async fn group(&self, creator: &str, others: &[&str]) -> String {
        let body = serde_json::json!({"kind": "group", "participants": others});
        let thread = self.rest(0, creator).post("threads/", body).await.is(201);
        thread["id"].as_str().expect("a thread has an id").to_owned()
    }

    /// Lets an edge go as SIGTERM does, and waits until it has.
    pub async fn stop(&mut self, edge: usize) {
        self.all[edge].shutdown.cancel();
        (&mut self.all[edge].serving).await.expect("the edge ends in good order");
    }

    /// Takes an edge away with no warning.
    pub fn kill(&self, edge: usize) {
        self.all[edge].serving.abort();
    }

    /// The views stay as they are until this is dropped: the projector waits, readers do not.
    pub async fn hold_views(&self) -> PgConnection {
        let mut holding = PgConnection::connect_with(&self.database.options()).await.expect("the database answers");
        let schema = self.projections.live("conversations").await;
        let lock = format!("begin; lock table {schema}.positions in exclusive mode");
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holding).await.expect("the positions can be locked");
        holding
    }

    /// The views, for looking at what has arrived there.
    pub fn views(&self) -> &Conversations {
        &self.projections.conversations
    }
}
