//! A system with two aggregates: threads, and tallies.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::{Value, json};
use threadline_domain::thread::Thread;
use threadline_edge::aggregates::Aggregates;
use threadline_edge::auth::AuthConfig;
use threadline_edge::commands::{Appender, CommandResult, Commands, Refused};
use threadline_edge::{Deps, EdgeConfig};
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::postgres::{Options, PostgresLog};
use threadline_eventlog::{EventLog, StoppedPartitions, partition_of};
use threadline_tests::database::Database;
use threadline_tests::keys;
use threadline_tests::projections::Projections;
use threadline_tests::rest::Rest;
use threadline_tests::socket::PATIENCE;
use threadline_tests::token::SECRET;
use threadline_tests::wait::until;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::tally::{Add, Added, NoStates, Sum, Tally, TooMuch};

pub(super) const PARTITIONS: u32 = 2;

/// Deciders, a projector, and edges.
pub(super) struct World {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) edges: Vec<Edge>,
    http: reqwest::Client,
    projections: Projections,
    shutdown: CancellationToken,
    _roles: DropGuard,
    // Last: the database goes when nobody is connected any more.
    database: Database,
}

/// An edge, and the way of tallies' commands through it.
pub(super) struct Edge {
    pub(super) url: String,
    pub(super) tallies: Commands<Tally>,
}

impl World {
    /// Runs on a log in memory, with settings changed by the test.
    pub(super) async fn in_memory(change: impl FnOnce(&mut EdgeConfig)) -> Self {
        Self::start(Database::fresh().await, Arc::new(MemoryLog::new(PARTITIONS)), change).await
    }

    /// Runs on a log in Postgres.
    pub(super) async fn in_postgres() -> Self {
        let database = Database::fresh().await;
        let options = Options { partitions: PARTITIONS, ..Options::default() };
        let log = PostgresLog::open(&database.options(), options).await.expect("the log opens");
        Self::start(database, Arc::new(log), |_| {}).await
    }

    async fn start(database: Database, log: Arc<dyn EventLog>, change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let projections = Projections::fresh(&database).await;
        let shutdown = CancellationToken::new();
        let (config, stopped) = (threadline_decider::Config::default(), StoppedPartitions::new());
        let states = projections.states.clone();
        let threads = threadline_decider::run::<Thread, _>(
            config.clone(),
            Arc::clone(&log),
            states,
            stopped.clone(),
            shutdown.clone(),
        );
        tokio::spawn(threads);
        let tallies =
            threadline_decider::run::<Tally, _>(config, Arc::clone(&log), NoStates, stopped.clone(), shutdown.clone());
        tokio::spawn(tallies);
        let config = threadline_projector::Config::default();
        let projector =
            projections.clone().run_projector(config, Arc::clone(&log), database.options(), stopped, shutdown.clone());
        tokio::spawn(projector);
        let (http, roles) = (reqwest::Client::new(), shutdown.clone().drop_guard());
        let mut world = Self { log, edges: Vec::new(), http, projections, shutdown, _roles: roles, database };
        world.add_edge(change).await;
        world
    }

    /// Starts another edge.
    pub(super) async fn add_edge(&mut self, change: impl FnOnce(&mut EdgeConfig)) {
        let mut config = EdgeConfig::new(AuthConfig::secret(SECRET));
        config.listen = (Ipv4Addr::LOCALHOST, 0).into();
        change(&mut config);
        let listener = TcpListener::bind(config.listen).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let keyring = keys::keyring(&self.database, &self.log.id()).await;
        let (log, views) = (Arc::clone(&self.log), self.projections.conversations.clone());
        let aggregates = Aggregates::new(Appender::new(Arc::clone(&log), &config.commands));
        let tallies = Commands::<Tally>::new(&aggregates.appender);
        let followed = aggregates.followed().with(&tallies);
        let deps = Deps { log, conversations: views, keyring, metrics: None, stopped: vec![] };
        let shutdown = self.shutdown.clone();
        tokio::spawn(threadline_edge::serve_following(listener, config, deps, aggregates, followed, shutdown));
        self.edges.push(Edge { url, tallies });
        let edge = self.edges.len() - 1;
        until("the edge is ready", PATIENCE, async || self.readiness(edge).await["ready"] == true).await;
    }

    /// What `/readyz` says.
    pub(super) async fn readiness(&self, edge: usize) -> Value {
        let answer = self.http.get(format!("{}/readyz", self.edges[edge].url)).send().await;
        let Ok(answer) = answer else { return Value::Null };
        answer.json().await.unwrap_or_default()
    }

    /// This person at an edge.
    pub(super) fn rest(&self, edge: usize, user: &str) -> Rest {
        Rest::new(&self.http, &self.edges[edge].url, user)
    }

    /// Makes a group of ann and ben; returns its id.
    pub(super) async fn group(&self) -> String {
        let body = json!({"kind": "group", "participants": ["ben"]});
        let thread = self.rest(0, "ann").post("threads/", body).await.is(201);
        thread["id"].as_str().expect("a thread has an id").to_owned()
    }

    /// Adds to a tally that ann watches.
    pub(super) async fn add(
        &self,
        tally: u64,
        step: u64,
        by: u64,
    ) -> Result<CommandResult<Sum, Added>, Refused<TooMuch>> {
        let add = Add { tally, step, by, watchers: vec!["ann".into()] };
        self.edges[0].tallies.execute(add, None).await
    }
}

/// A tally in this partition.
pub(super) fn tally_in(partition: u32) -> u64 {
    let lies_there = |tally: &u64| partition_of(tally.to_string().as_bytes(), PARTITIONS) == partition;
    (0..100).find(lies_there).expect("some of them lies there")
}
