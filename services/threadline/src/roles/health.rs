//! `/livez`, `/readyz` and `/metrics` of roles that serve nothing else.

use std::fmt::Write;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use threadline_domain::Topic;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::backing::Backing;
use crate::error::Error;

#[derive(Clone)]
struct Health {
    backing: Backing,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
}

/// Serves them until `shutdown`; does nothing without an address.
pub(super) async fn serve(
    address: Option<SocketAddr>,
    backing: Backing,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let Some(address) = address else { return Ok(()) };
    let listener = TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
    let router = Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(async |State(health): State<Health>| health.metrics.render()))
        .with_state(Health { backing, metrics, shutdown: shutdown.clone() });
    tokio::spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(error = %error, "health endpoints ended");
        }
    });
    Ok(())
}

/// 200, or 503 with a line for everything that is not ready.
async fn readyz(State(health): State<Health>) -> (StatusCode, String) {
    let mut wrong = String::new();
    if health.shutdown.is_cancelled() {
        wrong.push_str("shutting down\n");
    }
    let (log, views) = tokio::join!(health.backing.log.health(), health.backing.views.progress(Topic::Messages));
    if let Err(error) = log {
        let _ = writeln!(wrong, "log: {error}");
    }
    if let Err(error) = views {
        let _ = writeln!(wrong, "views: {error}");
    }
    if wrong.is_empty() { (StatusCode::OK, "ready\n".into()) } else { (StatusCode::SERVICE_UNAVAILABLE, wrong) }
}
