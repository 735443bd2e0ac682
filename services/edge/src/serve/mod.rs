//! Listens, serves, and goes in good order.

mod connection;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Auth, Mint};
use crate::commands::Commands;
use crate::config::{EdgeConfig, HttpConfig};
use crate::error::Error;
use crate::health::Health;
use crate::http::{self, Development};
use crate::hub::Hub;
use crate::page::Page;
use crate::rate::RateLimits;
use crate::state::{Deps, Edge, Names};
use connection::Counted;

/// Bytes of a request's head: enough for a large token in it.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long to wait when the system has no file descriptor left for a connection.
const ACCEPT_PAUSE_MS: u64 = 50;

/// Runs an edge on `config.listen` until `shutdown`, and then until its sessions have left or the grace period is over.
pub async fn run(config: EdgeConfig, deps: Deps, shutdown: CancellationToken) -> Result<(), Error> {
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
    serve(listener, config, deps, shutdown).await
}

/// Like [`run`], on a listener that is there already.
pub async fn serve(
    listener: TcpListener,
    config: EdgeConfig,
    deps: Deps,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let auth = Auth::new(&config.auth).map_err(Error::Config)?;
    let development = development(&config, &listener)?;
    let page = Page::of(&config.web_dir);
    let stop = CancellationToken::new();
    // However this ends, the hub ends with it.
    let _stop = stop.clone().drop_guard();
    let commands = Commands::new(Arc::clone(&deps.log), &config.commands);
    let hub = Hub::start(&config, Arc::clone(&deps.log), deps.views.clone(), commands.clone(), stop);
    let health = health(&deps, &hub, &shutdown);
    let edge = Arc::new(Edge {
        auth,
        rate: RateLimits::new(&config.rate),
        names: Names::new(config.rate.users_max),
        config,
        log: deps.log,
        views: deps.views,
        commands,
        hub,
    });
    let connections = Connections {
        service: TowerToHyperService::new(http::router(Arc::clone(&edge), health, development, page)),
        tasks: TaskTracker::new(),
        closing: CancellationToken::new(),
        cut: CancellationToken::new(),
    };
    if let Ok(address) = listener.local_addr() {
        tracing::info!(edge.address = %address, "edge serves");
    }
    let accepting = connections.tasks.spawn(connections.clone().accept(listener, edge.config.http.clone()));

    shutdown.cancelled().await;
    let leave = async {
        // Requests are still served while sessions leave; `/readyz` says already that no new ones should come.
        edge.hub.drain(Duration::from_millis(edge.config.drain_window_ms)).await;
        connections.closing.cancel();
        connections.tasks.close();
        connections.tasks.wait().await;
    };
    if tokio::time::timeout(Duration::from_millis(edge.config.grace_ms), leave).await.is_err() {
        tracing::warn!(edge.connections = connections.tasks.len(), "the grace period is over; connections are cut off");
        connections.closing.cancel();
        connections.cut.cancel();
    }
    accepting.abort();
    Ok(())
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
        tracing::warn!(edge.ip = %ip, "whoever reaches this edge can sign in as anyone");
    }
    Ok(Some(Development::new(mint, ip)))
}

/// What an edge needs to be of use: somewhere to put commands, something to read, and events in time.
fn health(deps: &Deps, hub: &Hub, shutdown: &CancellationToken) -> Health {
    let (hub, shutdown) = (hub.clone(), shutdown.clone());
    Health::backed(&deps.log, &deps.views, deps.metrics.clone()).check("hub", move || {
        let ready = if shutdown.is_cancelled() { Err("the edge is leaving".into()) } else { hub.ready() };
        async move { ready }
    })
}

/// What all connections share.
#[derive(Clone)]
struct Connections {
    service: TowerToHyperService<axum::Router>,
    tasks: TaskTracker,
    /// No further connections; those there finish their request.
    closing: CancellationToken,
    /// Those still there are dropped.
    cut: CancellationToken,
}

impl Connections {
    async fn accept(self, listener: TcpListener, config: HttpConfig) {
        let places = Arc::new(Semaphore::new(config.connections_max));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(config.header_read_ms))
            .max_buf_size(HEAD_BYTES_MAX);
        loop {
            // Without a free place nothing is accepted: further clients wait in the kernel's bounded queue.
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await.ok()?;
                Some((listener.accept().await, place))
            };
            let accepted = tokio::select! {
                () = self.closing.cancelled() => return,
                accepted = next => accepted,
            };
            let Some((accepted, place)) = accepted else { return };
            match accepted {
                Ok((stream, _)) => {
                    // Small frames must not wait for each other.
                    let _ = stream.set_nodelay(true);
                    self.tasks.spawn(self.clone().converse(http.clone(), Counted::new(stream, place)));
                }
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            }
        }
    }

    /// One connection, until it ends or has been upgraded.
    async fn converse(self, http: http1::Builder, stream: Counted<TcpStream>) {
        let service = self.service.clone();
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            http::without_trailing_slash(request.uri_mut());
            service.call(request)
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = self.cut.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection ended early");
        }
    }
}
