//! All roles in one process: one machine's whole system.

use std::net::SocketAddr;
use std::path::PathBuf;

use metrics_exporter_prometheus::PrometheusHandle;
use threadline_edge::auth::KeySource;
use threadline_edge::{Deps, EdgeConfig, Listeners};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Stopped, all, decide_and_project, spawn};
use crate::config::{Config, keep_secret};
use crate::error::Error;
use crate::keys::{self, MissingMasterKey};
use crate::storage::{self, Storage};
use crate::{output, telemetry};

/// What dev mode is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Dev {
    /// How many edges, on consecutive ports from the configured one on.
    pub edges: u16,
}

/// Everything until `shutdown`. First the edges leave, then the decider and the projector, then our own Postgres.
pub async fn dev(mut config: Config, options: Dev, shutdown: CancellationToken) -> Result<(), Error> {
    if config.auth.is_none() {
        let place = config.directory.display().to_string();
        let secret = keep_secret(&config.directory)
            .map_err(Error::system(format!("failed to keep the secret of tokens in {place}")))?;
        config.auth = Some(config.secret_auth(secret));
    }
    let listeners = listen(&config.edge, options.edges).await?;
    let metrics = telemetry::start_metrics()?;
    let server = storage::ensure_database(&mut config).await?;
    let postgres = server.as_ref().map(|server| server.directory().to_owned());
    let result = run(&config, listeners, metrics, postgres, shutdown).await;
    if let Some(server) = server {
        let _ = tokio::task::spawn_blocking(|| server.stop()).await;
    }
    result
}

/// Migrates, then runs all roles until `shutdown`.
async fn run(
    config: &Config,
    listeners: Vec<Listeners>,
    metrics: PrometheusHandle,
    postgres: Option<PathBuf>,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    storage::migrate(config).await?;
    storage::create_missing_topics(config).await?;
    let storage = Storage::open(config).await?;
    let announced = storage.announce("dev").await;
    let keyring = keys::open(config, &storage, MissingMasterKey::Draw).await?;

    let (stop_backend, stopped) = (CancellationToken::new(), Stopped::default());
    let mut backend_roles = JoinSet::new();
    spawn(
        &mut backend_roles,
        "decider and projector",
        decide_and_project(config.clone(), storage.clone(), stopped.clone(), stop_backend.clone()),
    );
    let deps = Deps {
        log: announced.gated(&storage.log),
        conversations: storage.conversations.clone(),
        keyring: keyring.clone(),
        metrics: Some(metrics),
        stopped: vec![stopped.decider.clone(), stopped.projector.clone()],
    };
    let mut edges = JoinSet::new();
    let addresses = serve_edges(&mut edges, config, listeners, &deps, &shutdown)?;
    announce(config, &addresses, postgres.as_deref());

    let result = tokio::select! {
        result = all(&mut edges) => result,
        result = all(&mut backend_roles) => result,
    };
    shutdown.cancel();
    let edges = all(&mut edges).await;
    stop_backend.cancel();
    let backend_result = all(&mut backend_roles).await;
    announced.leave().await;
    keyring.close().await;
    storage.close().await;
    result.and(edges).and(backend_result)
}

/// Starts an edge on each of the listeners; answers where they serve clients.
fn serve_edges(
    edges: &mut JoinSet<Result<(), Error>>,
    config: &Config,
    listeners: Vec<Listeners>,
    deps: &Deps,
    shutdown: &CancellationToken,
) -> Result<Vec<SocketAddr>, Error> {
    let mut addresses = Vec::new();
    for listeners in listeners {
        let address = listeners.clients.local_addr().map_err(Error::system("failed to read an edge's address"))?;
        addresses.push(address);
        let mut edge = config.edge.clone();
        edge.listen = address;
        edge.auth = config.require_auth()?.clone();
        edge.development_tokens = config.development_tokens.unwrap_or(is_ours_alone(&edge));
        let (deps, shutdown) = (deps.clone(), shutdown.clone());
        spawn(edges, "edge", async move { Ok(threadline_edge::serve(listeners, edge, deps, shutdown).await?) });
    }
    Ok(addresses)
}

/// Whether only this machine reaches the edge and the tokens it takes are ours to give.
fn is_ours_alone(edge: &EdgeConfig) -> bool {
    edge.listen.ip().is_loopback() && matches!(edge.auth.keys, KeySource::Secret(_))
}

/// Listens before anything is started, so that a taken port is found out at once.
async fn listen(first: &EdgeConfig, edges: u16) -> Result<Vec<Listeners>, Error> {
    let mut listeners = Vec::new();
    for index in 0..edges {
        let mut edge = first.clone();
        edge.listen = nth(first.listen, index, edges)?;
        edge.health = first.health.map(|health| nth(health, index, edges)).transpose()?;
        listeners.push(Listeners::bind(&edge).await?);
    }
    Ok(listeners)
}

/// The address of the edge with this index. Port 0 takes a free one, each edge its own.
fn nth(mut first: SocketAddr, index: u16, edges: u16) -> Result<SocketAddr, Error> {
    if first.port() != 0 {
        let taken = || Error::Tool(format!("--edges {edges}: there are not that many ports from {} on", first.port()));
        first.set_port(first.port().checked_add(index).ok_or_else(taken)?);
    }
    Ok(first)
}

/// Says what runs where.
fn announce(config: &Config, addresses: &[SocketAddr], postgres: Option<&std::path::Path>) {
    let edges: Vec<String> = addresses.iter().map(|address| format!("http://{address}")).collect();
    let projections = postgres.map_or_else(|| "DATABASE_URL".to_owned(), |place| place.display().to_string());
    output::line(format_args!(
        "threadline: {} edge(s) at {}; decider, projector; log on {}, projections in {projections}",
        edges.len(),
        edges.join(", "),
        config.log.name()
    ));
    if let Some(first) = edges.first() {
        output::line(format_args!("the web page: {first}/     a token: threadline token --user ann     stop: Ctrl-C"));
    }
    tracing::info!(edges = edges.join(" "), log = config.log.name(), projections, "threadline dev runs");
}
