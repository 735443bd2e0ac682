//! The roles as processes: each alone, or all in one.

mod dev;
mod health;
mod single;

pub use dev::{Dev, dev};
pub use single::{decider, edge, projector};

use threadline_domain::thread::Thread;
use threadline_eventlog::StoppedPartitions;
use threadline_projections::projections;
use threadline_projector as projection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::Error;
use crate::storage::Storage;

/// Runs a decider until `shutdown`.
async fn run_decider(
    config: &Config,
    storage: &Storage,
    stopped: StoppedPartitions,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let (decider, log, states) = (config.decider.clone(), storage.log.clone(), storage.states.clone());
    threadline_decider::run::<Thread, _>(decider, log, states, stopped, shutdown.clone()).await;
    ended("decider", &shutdown)
}

/// Runs a projector until `shutdown`.
async fn run_projector(
    config: &Config,
    storage: &Storage,
    stopped: StoppedPartitions,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let Storage { log, registry, database, .. } = storage.clone();
    let config = config.projector.clone();
    projection::run(config, log, registry, projections(), &database, stopped, shutdown.clone()).await;
    ended("projector", &shutdown)
}

/// Where the decider and the projector stand still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopped {
    decider: StoppedPartitions,
    projector: StoppedPartitions,
}

/// A decider and a projector until `shutdown`: what edges need.
pub(crate) async fn decide_and_project(
    config: Config,
    storage: Storage,
    stopped: Stopped,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let mut roles = JoinSet::new();
    spawn(&mut roles, "decider", {
        let (config, storage, stopped, shutdown) =
            (config.clone(), storage.clone(), stopped.decider.clone(), shutdown.clone());
        async move { run_decider(&config, &storage, stopped, shutdown).await }
    });
    spawn(&mut roles, "projector", async move { run_projector(&config, &storage, stopped.projector, shutdown).await });
    all(&mut roles).await
}

fn spawn(
    roles: &mut JoinSet<Result<(), Error>>,
    role: &'static str,
    work: impl Future<Output = Result<(), Error>> + Send + 'static,
) {
    roles.spawn(async move {
        // A role that panics ends the process in good order, not silently.
        tokio::spawn(work).await.unwrap_or(Err(Error::Ended(role)))
    });
}

/// Until all have ended, or one failed.
async fn all(roles: &mut JoinSet<Result<(), Error>>) -> Result<(), Error> {
    while let Some(ended) = roles.join_next().await {
        ended.unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// A role may end when it was asked to, and only then.
fn ended(role: &'static str, shutdown: &CancellationToken) -> Result<(), Error> {
    if shutdown.is_cancelled() { Ok(()) } else { Err(Error::Ended(role)) }
}
