//! Accepts connections and serves HTTP on them.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, Upgraded};
use super::pace::PaceMin;
use super::permits::ConnectionPermits;
use super::refusals::Refusals;
use crate::http;
use crate::proxy::{Peer, ProxyConfig};

/// How long to wait when the system has no file descriptor left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The bounds of one listener's connections.
#[derive(Clone)]
pub(super) struct Bounds {
    pub(super) permits: Arc<ConnectionPermits>,
    pub(super) header_read: Duration,
    /// Bytes of a request's headers.
    pub(super) head_bytes_max: usize,
    pub(super) write: PaceMin,
    pub(super) proxy: Arc<ProxyConfig>,
}

/// What all connections of a listener share.
#[derive(Clone)]
pub(super) struct Connections {
    service: TowerToHyperService<axum::Router>,
    tasks: TaskTracker,
    /// No further connections; those there finish their request.
    closing: CancellationToken,
    /// Those still there are dropped.
    cut: CancellationToken,
}

impl Connections {
    pub(super) fn new(router: axum::Router) -> Self {
        Self {
            service: TowerToHyperService::new(router),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Accepts until [`close`](Self::close). A connection without a permit is refused at once.
    pub(super) async fn accept(self, listener: TcpListener, bounds: Bounds) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(bounds.header_read).max_buf_size(bounds.head_bytes_max);
        let refusals = Refusals::new();
        loop {
            let accepted = tokio::select! {
                () = self.closing.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, client) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(
                        %error,
                        "failed to accept a connection: {error}; retrying in {} ms",
                        ACCEPT_PAUSE.as_millis()
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            // Small frames must not wait for each other.
            let _ = stream.set_nodelay(true);
            let is_proxy = bounds.proxy.trusts(client.ip());
            match bounds.permits.take((!is_proxy).then(|| client.ip())) {
                Ok(permit) => {
                    let upgraded = Upgraded::default();
                    let stream = Connection::new(stream, bounds.write, upgraded.clone(), permit);
                    let origin = (Peer(client.ip()), Arc::clone(&bounds.proxy));
                    self.tasks.spawn(self.clone().converse(http.clone(), stream, upgraded, origin));
                }
                Err(reason) => refusals.refuse(stream, reason),
            }
        }
    }

    /// Accepts no further connections, and waits until those there have finished their requests.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Likewise, and drops what is still there after the grace period.
    pub(super) async fn end_within(&self, grace: Duration) {
        if tokio::time::timeout(grace, self.close()).await.is_err() {
            self.cut();
        }
    }

    /// Drops every connection.
    pub(super) fn cut(&self) {
        self.closing.cancel();
        self.cut.cancel();
    }

    /// Connections there are.
    pub(super) fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Serves one connection until it ends or has been upgraded.
    async fn converse(
        self,
        http: http1::Builder,
        stream: Connection,
        upgraded: Upgraded,
        (peer, proxy): (Peer, Arc<ProxyConfig>),
    ) {
        let service = self.service.clone();
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            proxy.without_prefix(request.uri_mut());
            http::without_trailing_slash(request.uri_mut());
            request.extensions_mut().insert(peer);
            let (answer, upgraded) = (service.call(request), upgraded.clone());
            async move {
                let answer = answer.await?;
                if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                    upgraded.set();
                }
                Ok::<_, std::convert::Infallible>(answer)
            }
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
            tracing::debug!(%error, "a connection ended early: {error}");
        }
    }
}
