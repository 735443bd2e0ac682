//! Turns commands into events: the only writer of the event topics.
//!
//! Start at [`run`], then `engine`, `takeover` and `worker`. The engine serves every [`LoggedAggregate`]; [`States`]
//! says where its stored states come from. The owner of partition *i* of a command topic is the only writer of
//! partition *i* of the event topic (decision 3). A command's way:
//!
//! ```text
//! reader ─▶ lane ─▶ queue ─▶ worker: look up ─▶ decide ─▶ append ─▶ finish
//!                                    │             │          └ in order; a lost append makes the worker take over again
//!                                    │             └ domain: one event, no change, or a rejection
//!                                    └ states that are not in memory, and the facts that a state leaves out
//! ```
//!
//! | file | does |
//! |---|---|
//! | `engine` | shares partitions out and runs a worker for each partition it owns |
//! | `takeover` | finds where the last owner stopped |
//! | `reader`, `lane`, `queue` | bring a partition's commands to its worker; a slow partition does not delay the others |
//! | `worker`, `lookup` | look up what the next commands need, decide, append |
//! | `aggregates`, `state_cache`, `recent_events` | the states in memory, and the events that stored states lack |
//! | `in_flight` | waits for the appends in order, then replies to commands that gave no event |
//!
//! What holds:
//! - Two deciders that read the same commands write the same events. So a crash between an append and anything else is
//!   harmless: the next owner starts after the last event's cause and repeats the rest, and consumers drop the second
//!   copies by their cause.
//! - One command gives one event or one reply, in the order of the commands.
//! - A reply waits for the events that it rests on.
//!
//! What is never here: rules (they are in `domain`), SQL, Kafka, anything drawn from a clock or at random.

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
/// Never fails: an outage of the log or of the states makes it retry, with the commands waiting. A command whose state
/// cannot be loaded in time gets a retryable reply. A record that only a newer program can read stops its partition;
/// `stopped` lists such partitions for `/readyz`. Dropping the future stops at once; the next owner repeats what was
/// under way.
///
/// ```text
/// let decider = threadline_decider::run::<Thread, _>(config, log, states, stopped, shutdown.clone());
/// ```
pub async fn run<A: LoggedAggregate, S: States<A>>(
    config: Config,
    log: Arc<dyn EventLog>,
    states: S,
    stopped: StoppedPartitions,
    shutdown: CancellationToken,
) {
    engine::run::<A, S>(Tools { config, log, states, stopped }, shutdown).await;
}
