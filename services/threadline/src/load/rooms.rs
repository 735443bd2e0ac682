//! Threads in which people talk at a given rate.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::Target;
use super::api::Api;
use super::raw;
use super::report::{self, CpuPerDelivery};
use super::stage::{Outcome, Stage};
use super::tally::{Faults, Latency};
use crate::config::Config;
use crate::error::Error;

/// How many threads, of how many, at which rate.
#[derive(Clone, Debug, Args)]
pub(super) struct Shape {
    /// Threads [rooms: 20, room: 1].
    #[arg(long)]
    threads: Option<usize>,
    /// Members of each, all connected [rooms: 5, room: 200].
    #[arg(long)]
    members: Option<usize>,
    /// Messages a second, all threads together [rooms: 50, room: 5].
    #[arg(long)]
    rate: Option<f64>,
    /// How long, after the warm-up.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// How long before it counts.
    #[arg(long, default_value_t = 5)]
    warm_up: u64,
    /// Measure the log's own round trip before, for comparison.
    #[arg(long)]
    raw: bool,
}

/// A scenario's name and what it does unless it is told otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    name: &'static str,
    threads: usize,
    members: usize,
    rate: f64,
}

/// Many small threads.
pub(super) const ROOMS: Kind = Kind { name: "rooms", threads: 20, members: 5, rate: 50.0 };
/// One large thread.
pub(super) const ROOM: Kind = Kind { name: "room", threads: 1, members: 200, rate: 5.0 };

#[derive(Debug, Serialize)]
struct Result {
    scenario: &'static str,
    threads: usize,
    members: usize,
    rate: f64,
    seconds: f64,
    sent: u64,
    acknowledged: u64,
    deliveries: u64,
    missing: u64,
    #[serde(flatten)]
    faults: Faults,
    errors: BTreeMap<String, u64>,
    send_to_receive_ms: Latency,
    send_to_ok_ms: Latency,
    raw_append_to_tail_ms: Option<Latency>,
    cpu_per_delivery: Option<CpuPerDelivery>,
}

pub(super) async fn run(kind: Kind, config: &Config, target: &Target, shape: &Shape) -> std::result::Result<(), Error> {
    let Shape { seconds, warm_up, raw, .. } = *shape;
    let scenario = kind.name;
    let threads = shape.threads.unwrap_or(kind.threads);
    let members = shape.members.unwrap_or(kind.members);
    let rate = shape.rate.unwrap_or(kind.rate);
    if threads == 0 || members < 2 || !(rate.is_finite() && rate > 0.0) || seconds == 0 {
        return Err(Error::Tool("load needs a thread, two members, a rate above 0 and a second at least".into()));
    }
    let raw = if raw { Some(raw::measure(config, rate, Duration::from_secs(5)).await?) } else { None };
    let api = Api::new(config, &target.url)?;
    let mut stage = Stage::set(&api, threads, members, target.corpus.as_deref()).await?;
    if warm_up > 0 {
        stage.play(rate, Duration::from_secs(warm_up), &[]).await;
    }
    let outcome = stage.play(rate, Duration::from_secs(seconds), &target.server_pid).await;
    stage.end();
    let Outcome { sent, expected, measured, cpu, seconds } = outcome;
    let result = Result {
        scenario,
        threads,
        members,
        rate,
        seconds,
        sent,
        acknowledged: measured.acknowledge.len(),
        deliveries: measured.received,
        missing: expected.saturating_sub(measured.received),
        faults: measured.faults,
        errors: measured.errors,
        send_to_receive_ms: Latency::of(&measured.receive),
        send_to_ok_ms: Latency::of(&measured.acknowledge),
        raw_append_to_tail_ms: raw,
        cpu_per_delivery: CpuPerDelivery::of(target, cpu, measured.received),
    };
    let rows = [
        ("sent, acknowledged", format!("{}, {}", result.sent, result.acknowledged)),
        ("deliveries, missing", format!("{}, {}", result.deliveries, result.missing)),
        ("faults", format!("{:?}", result.faults)),
        ("errors", format!("{:?}", result.errors)),
        ("send to receive", report::latency(result.send_to_receive_ms)),
        ("send to ok", report::latency(result.send_to_ok_ms)),
        ("raw append to tail", raw.map_or_else(|| "not measured (--raw)".into(), report::latency)),
        ("server CPU a delivery", CpuPerDelivery::text(result.cpu_per_delivery)),
    ];
    let title = format!("{scenario}: {threads} threads x {members} members at {rate}/s for {seconds:.0} s");
    report::print(target, &title, &result, &rows);
    Ok(())
}
