//! Turns commands into events: the only writer of the event topics.
//!
//! Whoever owns partition *i* of a command topic ([`ownership`](threadline_eventlog::Ownership)) is the one writer of
//! partition *i* of its event topic. The way of a command:
//!
//! ```text
//! reader ─▶ lane ─▶ queue ─▶ worker: look up ─▶ decide ─▶ append ─▶ settle
//! ```
//!
//! [`engine`] shares out partitions, [`takeover`] finds out where the last owner stopped, [`worker`] handles one partition:
//! it looks up what the commands at hand need ([`lookup`]), decides and appends; [`settle`] waits for the appends in order
//! and answers whoever got no event. [`aggregates`] holds the states; [`recent`] holds the events that stored states lack.
//!
//! A crash between an append and anything else is harmless: the next owner starts after the last event's cause, decides
//! the same commands on the same state and so writes the same events; consumers drop the second copy by its cause.
//!
//! The engine serves every [`LoggedAggregate`]; where its stored states come from is [`States`].

mod aggregates;
mod config;
mod dead;
mod engine;
mod error;
mod in_flight;
mod inbox;
mod lane;
mod lookup;
pub mod metrics;
mod past;
mod queue;
mod reader;
mod recent_events;
mod state_cache;
mod states;
mod takeover;
mod worker;

use std::sync::Arc;

use threadline_eventlog::{EventLog, LoggedAggregate, StoppedPartitions};
use tokio_util::sync::CancellationToken;
use worker::Tools;

pub use config::Config;
pub use states::{Loaded, States};

/// Decides the commands of one type of aggregate until `shutdown`; then gives up its partitions and returns.
///
/// `stopped` says, while it runs, which partitions it owns and does not serve because they hold a record that only a newer
/// program can read.
pub async fn run<A: LoggedAggregate, S: States<A>>(
    config: Config,
    log: Arc<dyn EventLog>,
    states: S,
    stopped: StoppedPartitions,
    shutdown: CancellationToken,
) {
    engine::run::<A, S>(Tools { config, log, states, stopped }, shutdown).await;
}
