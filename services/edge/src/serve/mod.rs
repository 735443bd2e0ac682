//! Listens, serves, and drains at the end.

mod accept;
pub(crate) mod connection;
mod listen;
mod operations;
mod pace;
mod permits;
mod refusals;

use std::sync::Arc;

use threadline_eventlog::StoppedPartitions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::aggregates::Aggregates;
use crate::answers::Answers;
use crate::auth::{Auth, Mint};
use crate::commands::Appender;
use crate::config::EdgeConfig;
use crate::display_names::DisplayNames;
use crate::error::Error;
use crate::health::Health;
use crate::http::{self, Development};
use crate::hub::{Followed, Hub};
use crate::metrics;
use crate::page::Page;
use crate::rate::RateLimits;
use crate::state::{Deps, Edge};
use accept::{Bounds, Connections};
use pace::PaceMin;
use permits::ConnectionPermits;

pub use listen::Listeners;
pub use operations::serve_operations;

/// Runs an edge on `config.listen` until `shutdown`, then drains it: sessions leave within the drain window, requests
/// are served meanwhile, and what is left after the grace period is cut.
///
/// ```text
/// bind ─▶ hub starts ─▶ accept ─▶ serve ... shutdown ─▶ /readyz says no ─▶ drain sessions ─▶ close connections
/// ```
///
/// Fails only at its start: when an address cannot be bound or a setting is wrong. Later outages of log and projections
/// make requests fail as retryable. Dropping the future cuts everything at once.
pub async fn run(config: EdgeConfig, deps: Deps, shutdown: CancellationToken) -> Result<(), Error> {
    serve(Listeners::bind(&config).await?, config, deps, shutdown).await
}

/// Runs an edge like [`run`], on listeners that exist already.
pub async fn serve(
    listeners: impl Into<Listeners>,
    config: EdgeConfig,
    deps: Deps,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let aggregates = Aggregates::new(Appender::new(Arc::clone(&deps.log), &config.commands));
    let followed = aggregates.followed();
    serve_following(listeners, config, deps, aggregates, followed, shutdown).await
}

/// Runs an edge like [`serve`], following the event topics of `followed`: those of `aggregates`, and of others that
/// only the caller knows.
pub async fn serve_following(
    listeners: impl Into<Listeners>,
    config: EdgeConfig,
    deps: Deps,
    aggregates: Aggregates,
    followed: Followed,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let Listeners { clients: listener, operations } = listeners.into();
    let auth = Auth::new(&config.auth).map_err(Error::Config)?;
    let development = development(&config, &listener)?;
    let page = Page::of(&config);
    let stop = CancellationToken::new();
    // However this ends, the hub ends with it.
    let _stop = stop.clone().drop_guard();
    let (conversations, keyring) = (deps.conversations.clone(), deps.keyring.clone());
    let hub = Hub::start(
        &config,
        Arc::clone(&deps.log),
        conversations,
        keyring,
        aggregates.appender.clone(),
        followed,
        stop.clone(),
    );
    let health = health(&deps, &hub, &shutdown);
    let edge = Arc::new(Edge {
        auth,
        rate: RateLimits::new(&config.rate),
        answers: Answers::new(&config.http),
        names: DisplayNames::new(&config.names),
        config,
        log: deps.log,
        conversations: deps.conversations,
        keyring: deps.keyring,
        aggregates,
        hub,
    });
    if let Some(operations) = operations {
        if let Ok(address) = operations.local_addr() {
            tracing::info!(edge.operations = %address, "serving /livez, /readyz and /metrics on {address}");
        }
        tokio::spawn(serve_operations(operations, health.clone(), stop));
    }
    if let Ok(address) = listener.local_addr() {
        tracing::info!(edge.address = %address, "serving clients on {address}");
    }
    let connections = Connections::new(http::router(Arc::clone(&edge), health, development, page));
    let accepting = tokio::spawn(connections.clone().accept(listener, bounds(&edge.config)));

    shutdown.cancelled().await;
    let leave = async {
        // Requests are still served while sessions leave; `/readyz` says already that no new ones should come.
        edge.hub.drain(edge.config.drain_window).await;
        connections.close().await;
    };
    if tokio::time::timeout(edge.config.grace, leave).await.is_err() {
        tracing::warn!(
            edge.connections = connections.count(),
            "failed to end {} connections within the grace period; cutting them off",
            connections.count()
        );
        connections.cut();
    }
    accepting.abort();
    Ok(())
}

fn bounds(config: &EdgeConfig) -> Bounds {
    let (config, proxy) = (&config.http, Arc::new(config.proxy.clone()));
    let per_address_max = config.connections_per_address_max;
    Bounds {
        permits: ConnectionPermits::new(config.connections_max, per_address_max, metrics::connections()),
        header_read: config.header_read,
        head_bytes_max: config.head_bytes_max,
        write: PaceMin { period: config.write_progress, bytes: config.write_progress_bytes_min },
        proxy,
    }
}

/// What gives out development tokens, if the settings want it.
fn development(config: &EdgeConfig, listener: &TcpListener) -> Result<Option<Development>, Error> {
    if !config.development_tokens {
        return Ok(None);
    }
    let mint = Mint::new(&config.auth)
        .ok_or_else(|| Error::Config("development tokens need a secret: an identity provider gives its own".into()))?;
    let ip = listener.local_addr().map_or(config.listen.ip(), |address| address.ip());
    if !ip.is_loopback() {
        tracing::warn!(
            edge.ip = %ip,
            "edge.development_tokens is on and {ip} is not loopback: whoever reaches this edge can sign in as anyone"
        );
    }
    Ok(Some(Development::new(mint, ip, config.proxy.clone())))
}

/// What an edge needs to be of use: somewhere to put commands, something to read, and events in time.
fn health(deps: &Deps, hub: &Hub, shutdown: &CancellationToken) -> Health {
    let (hub, stopped, shutdown) = (hub.clone(), deps.stopped.clone(), shutdown.clone());
    let health = Health::backed(&deps.log, &deps.conversations, deps.metrics.clone()).check("hub", move || {
        let ready = if shutdown.is_cancelled() { Err("the edge is leaving".into()) } else { hub.ready() };
        async move { ready }
    });
    health.check("partitions", move || std::future::ready(stopped.iter().try_for_each(StoppedPartitions::check)))
}
