//! `/livez`, `/readyz` and `/metrics` of roles that serve nothing else.

use std::net::SocketAddr;

use metrics_exporter_prometheus::PrometheusHandle;
use threadline_edge::health::Health;
use threadline_edge::serve_operations;
use threadline_eventlog::StoppedPartitions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::storage::Storage;

/// Serves them until `shutdown`; answers where.
pub(super) async fn serve(
    address: SocketAddr,
    storage: &Storage,
    stopped: StoppedPartitions,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
) -> Result<SocketAddr, Error> {
    let listener = TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
    let at = listener.local_addr().map_err(Error::system("failed to read the address of the operation endpoints"))?;
    let leaving = shutdown.clone();
    let health = Health::backed(&storage.log, &storage.conversations, Some(metrics)).check("role", move || {
        let left = if leaving.is_cancelled() { Err("shutting down".into()) } else { Ok(()) };
        async move { left }
    });
    let health = health.check("partitions", move || std::future::ready(stopped.check()));
    tokio::spawn(serve_operations(listener, health, shutdown));
    Ok(at)
}
