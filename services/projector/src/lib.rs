//! Log to views: follows `messages`, `reads` and `users` and applies them, batch by batch.
//!
//! The way of a record: [`follow`] reads the tails, [`decode`] makes values of records and drops duplicates, [`apply`]
//! puts whatever has come meanwhile, of all partitions, into one transaction with its progress, and [`dead`] takes what
//! cannot be read or applied out of the way. Projectors share out the partitions by leases; should two follow the same
//! one all the same, the views fence one of them. Nothing else happens here: a projection has no side effects.

mod apply;
mod config;
mod dead;
mod decode;
mod follow;
mod lag;
mod pending;

use std::sync::Arc;

use threadline_eventlog::{EventLog, Ownership, StoppedPartitions, Topic, lease};
use threadline_projections::Views;
use tokio_util::sync::CancellationToken;

pub use config::Config;

/// The topics that views are made of.
const TOPICS: [Topic; 3] = [Topic::Messages, Topic::Reads, Topic::Users];

/// Keeps the views up with the log until `shutdown`, sharing the work with all projectors of the same views by leases
/// in `database`. The views' schema must be there.
///
/// A record whose schema this program does not know stops its partition, which `stopped` then says: a newer program wrote it, and
/// one will apply it. A corrupt one goes to the dead letters; an event's numbers are taken from its headers, so that they
/// stay dense.
///
/// Goes on through outages of log and views. Returns before `shutdown`, with an error in the log, only when the views
/// were made from another log or are ahead of this one: then they have to be rebuilt.
pub async fn run(
    config: Config,
    log: Arc<dyn EventLog>,
    views: Views,
    database: &lease::Database,
    stopped: StoppedPartitions,
    shutdown: CancellationToken,
) {
    // One share is a partition number: that partition of every topic.
    let shares = TOPICS.map(|topic| log.partitions(topic)).into_iter().max().unwrap_or(0);
    let ownership: Ownership = lease::share(database, &format!("threadline-projector/{}", views.schema()), shares);
    apply::Projector::new(config, log, views, ownership, stopped).run(shutdown).await;
}
