//! Builds the projections from the log: follows their topics and applies the records, batch by batch.
//!
//! Start at [`run`], then `supervisor` and `lane`.
//!
//! ```text
//! supervisor   which partitions we own, which generations are fed, in which lanes
//!    └ lane    generations at about the same progress: one transaction for all of them (decision 14)
//!        follow    the tails, from the progress of the generation that lags most
//!        decode    values of records; duplicates are dropped
//!        pending   what waits for its transaction
//!        dead      what cannot be read or applied goes to the dead letters
//! rebuild      a lane with one generation, from the start to near the end (decision 13)
//! ```
//!
//! What holds:
//! - A batch's rows and the progress after it commit in one transaction, or neither does. A kill loses the batch under
//!   way.
//! - Progress moves by compare-and-set. Projectors share partitions out by leases; if two follow the same one all the
//!   same, the second to commit is fenced and rolls back.
//! - The rows at a progress depend on the records below it and on nothing else.
//!
//! What is never here: side effects, SQL (it is in `projections`), decisions.

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

/// Keeps the generations of these projections up with the log until `shutdown`, sharing the partitions with all other
/// projectors by leases in `database`. The registry must exist.
///
/// Outages of the log and of Postgres are retried, and a generation whose tables are missing is left out. A record of
/// an unknown schema stops its partition and is listed in `stopped`: a newer program wrote it, and a newer program will
/// apply it. A corrupt record goes to the dead letters; an event's numbers are then taken from its headers, so that
/// they stay dense (decision 9).
///
/// Returns before `shutdown`, with an error in the process log, only when a generation was made from another log or is
/// ahead of this one: then it must be rebuilt. Dropping the future rolls the transaction under way back.
///
/// ```text
/// tail ─▶ decode ─▶ pending ─▶ BEGIN; rows; progress: from -> to (compare-and-set); COMMIT
/// ```
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
