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

/// How many threads, of how many, at which rate; the defaults are the scenario's.
#[derive(Clone, Debug, Args)]
pub(super) struct Shape<const THREADS: usize, const MEMBERS: usize, const RATE: u32> {
    /// Threads.
    #[arg(long, default_value_t = THREADS)]
    threads: usize,
    /// Members of each, all connected.
    #[arg(long, default_value_t = MEMBERS)]
    members: usize,
    /// Messages a second, all threads together.
    #[arg(long, default_value_t = f64::from(RATE))]
    rate: f64,
    /// How long, after the warm-up.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// How long before it counts.
    #[arg(long, default_value_t = 5)]
    warm_up: u64,
    /// Measure the log's own round trip before, for comparison; needs DATABASE_URL or KAFKA_BROKERS.
    #[arg(long)]
    raw: bool,
}

/// A [`Shape`] without its defaults.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    threads: usize,
    members: usize,
    rate: f64,
    seconds: u64,
    warm_up: u64,
    raw: bool,
}

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

impl<const THREADS: usize, const MEMBERS: usize, const RATE: u32> Shape<THREADS, MEMBERS, RATE> {
    pub(super) fn plain(&self) -> Plain {
        let Self { threads, members, rate, seconds, warm_up, raw } = *self;
        Plain { threads, members, rate, seconds, warm_up, raw }
    }
}

pub(super) async fn run(
    scenario: &'static str,
    config: &Config,
    target: &Target,
    shape: &Plain,
) -> std::result::Result<(), Error> {
    let Plain { threads, members, rate, seconds, warm_up, raw } = *shape;
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
