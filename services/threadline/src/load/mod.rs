//! The load driver: open loop against running edges.
//!
//! Every send has a scheduled time, and latencies count from it: a server that stalls is charged for the sends it held
//! up. What arrives is checked on the way: per socket and thread each seq once, none missing, none out of order.

mod api;
mod clock;
mod idle;
mod process;
mod raw;
mod reads;
mod reconnect;
mod report;
mod rooms;
mod socket;
mod stage;
mod sustain;
mod tally;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::Error;

/// What `threadline load` is asked for.
#[derive(Clone, Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    scenario: Scenario,
    #[command(flatten)]
    target: Target,
}

/// What is driven.
#[derive(Clone, Debug, Args)]
struct Target {
    /// The edges, comma separated; sockets are spread over them.
    #[arg(long, global = true, value_delimiter = ',', default_value = "http://127.0.0.1:8080")]
    url: Vec<String>,
    /// Processes of the server, comma separated: CPU and memory are taken from them and from their children.
    #[arg(long, global = true, value_delimiter = ',')]
    server_pid: Vec<u32>,
    /// One JSON line instead of a table.
    #[arg(long, global = true)]
    json: bool,
    /// Messages' texts, from JSON lines with `content`, `.zst` too.
    #[arg(long, global = true, value_name = "FILE")]
    corpus: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
enum Scenario {
    /// Many small threads.
    Rooms(rooms::Shape),
    /// One large thread.
    Room(rooms::Shape),
    /// Looks for the highest rate at which the 99th percentile stays at or below a bound.
    Sustain(sustain::Options),
    /// Many sockets that do nothing; reports the server's memory for each.
    Idle(idle::Options),
    /// Many sockets that reconnect at once, each with messages that it missed.
    Reconnect(reconnect::Options),
    /// History pages and unread counts.
    Reads(reads::Options),
    /// The log alone: append, and see it in a tail.
    Raw(raw::Options),
}

/// Runs the scenario and prints what was measured.
pub async fn run(config: Config, options: Options, stop: CancellationToken) -> Result<(), Error> {
    let Options { scenario, target } = options;
    let work = async {
        match scenario {
            Scenario::Rooms(shape) => rooms::run(rooms::ROOMS, &config, &target, &shape).await,
            Scenario::Room(shape) => rooms::run(rooms::ROOM, &config, &target, &shape).await,
            Scenario::Sustain(options) => sustain::run(&config, &target, &options).await,
            Scenario::Idle(options) => idle::run(&config, &target, &options).await,
            Scenario::Reconnect(options) => reconnect::run(&config, &target, &options).await,
            Scenario::Reads(options) => reads::run(&config, &target, &options).await,
            Scenario::Raw(options) => raw::run(&config, &target, &options).await,
        }
    };
    tokio::select! {
        result = work => result,
        () = stop.cancelled() => Err(Error::Stopped),
    }
}
