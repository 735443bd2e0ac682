//! `/livez`, `/readyz` and `/metrics` on a listener of their own, which clients of the edge cannot fill.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::accept::{Bounds, Connections};
use super::pace::PaceMin;
use super::permits::ConnectionPermits;
use crate::health::{self, Health};
use crate::metrics;

/// Connections at once: probes and scrapers, which are few.
const CONNECTIONS_MAX: usize = 64;
/// From a connection to its request's headers: what is idle makes room for a probe.
const HEADER_READ: Duration = Duration::from_secs(2);
/// Bytes of a request's headers.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long a client may take none of its answer.
const WRITE_PROGRESS: PaceMin = PaceMin { period: Duration::from_secs(2), bytes: 4 * 1024 };
/// How long a request under way may take after `shutdown`.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Serves only these routes, until `shutdown`.
pub async fn serve_operations(listener: TcpListener, health: Health, shutdown: CancellationToken) {
    let router: Router = health::routes(health).into();
    let connections = Connections::new(router);
    let permits = ConnectionPermits::new(CONNECTIONS_MAX, CONNECTIONS_MAX, metrics::operations_connections());
    let bounds = Bounds {
        permits,
        header_read: HEADER_READ,
        head_bytes_max: HEAD_BYTES_MAX,
        write: WRITE_PROGRESS,
        proxy: Arc::default(),
    };
    let accepting = tokio::spawn(connections.clone().accept(listener, bounds));
    shutdown.cancelled().await;
    connections.end_within(CLOSE_WAIT).await;
    accepting.abort();
}
