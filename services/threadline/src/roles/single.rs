//! One role in a process of its own.

use threadline_edge::Deps;
use threadline_eventlog::StoppedPartitions;
use tokio_util::sync::CancellationToken;

use super::{health, run_decider, run_projector};
use crate::config::Config;
use crate::error::Error;
use crate::keys::{self, MissingMasterKey};
use crate::storage::{Announced, Storage};
use crate::telemetry;

/// An edge until `shutdown`.
pub async fn edge(config: Config, shutdown: CancellationToken) -> Result<(), Error> {
    let mut edge = config.edge.clone();
    edge.auth = config.require_auth()?.clone();
    edge.development_tokens = config.development_tokens.unwrap_or(false);
    let metrics = Some(telemetry::start_metrics()?);
    let storage = Storage::open(&config).await?;
    tracing::info!(role = "edge", log = config.log.name(), edge.listen = %edge.listen, "threadline edge starts");
    let keyring = keys::open(&config, &storage, MissingMasterKey::Refuse).await?;
    let announced = storage.announce("edge").await;
    let deps = Deps {
        log: announced.gated(&storage.log),
        conversations: storage.conversations,
        keyring,
        metrics,
        stopped: vec![],
    };
    let ended = threadline_edge::run(edge, deps, shutdown).await;
    announced.leave().await;
    Ok(ended?)
}

/// A decider until `shutdown`.
pub async fn decider(config: Config, shutdown: CancellationToken) -> Result<(), Error> {
    let stopped = StoppedPartitions::new();
    let (storage, announced) = open("decider", &config, &stopped, &shutdown).await?;
    let ended = run_decider(&config, &storage, stopped, shutdown).await;
    announced.leave().await;
    ended
}

/// A projector until `shutdown`.
pub async fn projector(config: Config, shutdown: CancellationToken) -> Result<(), Error> {
    let stopped = StoppedPartitions::new();
    let (storage, announced) = open("projector", &config, &stopped, &shutdown).await?;
    let ended = run_projector(&config, &storage, stopped, shutdown).await;
    announced.leave().await;
    ended
}

/// Opens what a role without HTTP of its own stands on, announces it, and opens its health endpoints.
async fn open(
    role: &'static str,
    config: &Config,
    stopped: &StoppedPartitions,
    shutdown: &CancellationToken,
) -> Result<(Storage, Announced), Error> {
    let metrics = telemetry::start_metrics()?;
    let storage = Storage::open(config).await?;
    keys::check_mode(config, &storage).await?;
    let announced = storage.announce(role).await;
    let health = health::serve(config.health, &storage, stopped.clone(), metrics, shutdown.clone()).await?;
    tracing::info!(role, log = config.log.name(), %health, "threadline {role} starts");
    Ok((storage, announced))
}
