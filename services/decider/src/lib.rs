//! Turns commands into events: the only writer of the event topics.
//!
//! Whoever owns partition *i* of a command topic ([`ownership`](threadline_eventlog::Ownership)) is the one writer of
//! partition *i* of its event topic. The way of a command: [`engine`] shares out partitions and reads them, [`worker`]
//! handles one partition (fetch, guard, decide, append), [`settle`] waits for the appends in order and answers whoever
//! got no event. [`takeover`] finds out where the last owner stopped; [`memory`] and [`recent`] hold the states.
//!
//! A crash between an append and anything else is harmless: the next owner starts behind the last event's cause, decides
//! the same commands on the same state and so writes the same events; consumers drop the second copy by its cause.

mod binding;
mod config;
mod dead;
mod engine;
mod memory;
mod reader;
mod recent;
mod settle;
mod takeover;
mod threads;
mod worker;

use std::sync::Arc;

use threadline_eventlog::EventLog;
use threadline_views::Views;
use tokio_util::sync::CancellationToken;

pub use binding::{Binding, Loaded, ReplyOf};
pub use config::Config;
pub use threads::Threads;

/// Decides commands of every aggregate until `shutdown`; then gives up its partitions and returns.
pub async fn run(config: Config, log: Arc<dyn EventLog>, views: Views, shutdown: CancellationToken) {
    engine::run::<Threads>(Arc::new(config), log, views, shutdown).await;
}
