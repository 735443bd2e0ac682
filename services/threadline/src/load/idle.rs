//! Sockets that do nothing.

use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Target;
use super::api::Api;
use super::clock::Clock;
use super::process;
use super::report;
use super::socket::{self, Shared};
use super::tally::Tally;
use crate::config::Config;
use crate::error::Error;

/// Sockets that are being opened at once.
const OPENING_MAX: usize = 64;

/// How many.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// Sockets, each of a user of its own. Both sides need as many file descriptors (`ulimit -n`).
    #[arg(long, default_value_t = 5_000)]
    connections: usize,
    /// How many users share a thread; 0: nobody is in any.
    #[arg(long, default_value_t = 50)]
    members: usize,
    /// How long they stay before memory is looked at.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Debug, Serialize)]
struct Result {
    scenario: &'static str,
    connections: usize,
    disconnected: u64,
    opening_seconds: f64,
    server_bytes_before: u64,
    server_bytes_after: u64,
    bytes_per_connection: Option<f64>,
}

pub(super) async fn run(config: &Config, target: &Target, options: &Options) -> std::result::Result<(), Error> {
    let Options { connections, members, seconds } = *options;
    let api = &Api::new(config, &target.url)?;
    let shared = Shared { clock: Clock::start(), tally: Arc::new(Tally::new()), stop: CancellationToken::new() };
    let run = Uuid::now_v7().simple().to_string();
    let users: Vec<String> = (0..connections).map(|index| format!("load-{run}-{index}")).collect();
    if members > 1 {
        let threads = stream::iter(users.chunks(members).enumerate()).map(Ok::<_, Error>);
        threads
            .try_for_each_concurrent(
                4,
                |(index, members)| async move { api.create_group(index, members).await.map(|_| ()) },
            )
            .await?;
    }
    let before = process::resident_bytes(&target.server_pid);
    let start = std::time::Instant::now();
    let sockets: Vec<_> = stream::iter(users.into_iter().enumerate())
        .map(|(index, user)| {
            let shared = shared.clone();
            async move { socket::connect(index, &api.socket_url(index), &api.token(&user)?, shared).await }
        })
        .buffer_unordered(OPENING_MAX)
        .try_collect()
        .await?;
    let opening_seconds = start.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let after = process::resident_bytes(&target.server_pid);
    let disconnected = shared.tally.measured().faults.disconnected;
    let each = after.saturating_sub(before) as f64 / connections.max(1) as f64;
    let result = Result {
        scenario: "idle",
        connections: sockets.len(),
        disconnected,
        opening_seconds,
        server_bytes_before: before,
        server_bytes_after: after,
        bytes_per_connection: (before > 0).then_some(each),
    };
    let memory = result.bytes_per_connection.map_or_else(
        || "not measured (--server-pid)".to_owned(),
        |each| format!("{:.1} KiB a connection ({} to {} KiB)", each / 1_024.0, before / 1_024, after / 1_024),
    );
    let rows = [
        ("opened", format!("{} in {opening_seconds:.1} s", result.connections)),
        ("ended by themselves", disconnected.to_string()),
        ("server memory", memory),
    ];
    report::print(target, "idle", &result, &rows);
    shared.stop.cancel();
    Ok(())
}
