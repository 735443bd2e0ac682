//! Log to projections: follows the topics that projections are made from and applies what comes, batch by batch.
//!
//! ```text
//! supervisor   which partitions are ours, which generations are to be fed
//!    └ lane    generations that stand at about the same offsets: one transaction for all of them
//!        follow    the tails, from where the generation that is behind most stands
//!        decode    values of records; duplicates are dropped
//!        pending   what waits for its transaction
//!        dead      what cannot be read or applied, out of the way
//! rebuild      a lane with one generation, from the start to near the end
//! ```
//!
//! Projectors share out the partitions by leases; should two follow the same one all the same, the generations' progress
//! fences one of them. Nothing else happens here: a projection has no side effects.

mod config;
mod dead;
mod decode;
mod error;
mod follow;
mod lag;
mod lane;
pub mod metrics;
mod pending;
mod rebuild;
mod supervisor;

use std::sync::Arc;

use threadline_eventlog::{EventLog, StoppedPartitions, lease};
use threadline_projections::{Projection, Registry};
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use error::RebuildError;
pub use rebuild::{Rebuild, RebuildProgress, rebuild};

/// Keeps the generations of these projections up with the log until `shutdown`, sharing the work with all other projectors
/// by leases in `database`. The registry must be there.
///
/// A record whose schema this program does not know stops its partition, which `stopped` then says: a newer program wrote
/// it, and one will apply it. A corrupt one goes to the dead letters; an event's numbers are taken from its headers, so that
/// they stay dense.
///
/// Goes on through outages of log and Postgres, and without a generation whose tables are not there. Returns before
/// `shutdown`, with an error in the process log, only when a generation was made from another log or is ahead of this one:
/// then it has to be rebuilt.
pub async fn run(
    config: Config,
    log: Arc<dyn EventLog>,
    registry: Registry,
    projections: Vec<Arc<dyn Projection>>,
    database: &lease::Database,
    stopped: StoppedPartitions,
    shutdown: CancellationToken,
) {
    // One share is a partition number: that partition of every topic.
    let topics = projections.iter().flat_map(|projection| projection.spec().topics);
    let shares = topics.map(|&topic| log.partitions(topic)).max().unwrap_or(0);
    let ownership = lease::share(database, "threadline-projector", shares);
    supervisor::Supervisor::new(config, log, registry, projections, ownership, stopped).run(shutdown).await;
}
