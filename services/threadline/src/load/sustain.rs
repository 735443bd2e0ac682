//! The highest rate that is sustained.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::Target;
use super::api::Api;
use super::report::{self, CpuPerDelivery};
use super::stage::{Outcome, Stage};
use super::tally::Latency;
use crate::config::Config;
use crate::error::Error;

/// The search ends when the bounds are this close.
const CLOSE_ENOUGH: f64 = 1.1;

/// What is looked for.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// Threads.
    #[arg(long, default_value_t = 100)]
    threads: usize,
    /// Members of each, all connected.
    #[arg(long, default_value_t = 5)]
    members: usize,
    /// The first rate, messages a second.
    #[arg(long, default_value_t = 500.0)]
    from: f64,
    /// The highest 99th percentile from the scheduled time to the arrival, milliseconds.
    #[arg(long, default_value_t = 250.0)]
    p99_ms: f64,
    /// How long each rate is held.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Debug, Serialize)]
struct Step {
    rate: f64,
    deliveries_per_second: f64,
    send_to_receive_ms: Latency,
    /// Why it was not sustained.
    failure: Option<String>,
    cpu_per_delivery: Option<CpuPerDelivery>,
}

#[derive(Debug, Serialize)]
struct Result<'a> {
    scenario: &'static str,
    threads: usize,
    members: usize,
    best: Option<&'a Step>,
    steps: &'a [Step],
}

pub(super) async fn run(config: &Config, target: &Target, options: &Options) -> std::result::Result<(), Error> {
    let Options { threads, members, from, p99_ms, seconds } = *options;
    if threads == 0 || members < 2 || !(from.is_finite() && from > 0.0) || seconds == 0 {
        return Err(Error::Tool("load needs a thread, two members, a rate above 0 and a second at least".into()));
    }
    let api = Api::new(config, &target.url)?;
    let mut stage = Stage::set(&api, threads, members, target.corpus.as_deref()).await?;
    stage.play(from / 2.0, Duration::from_secs(3), &[]).await;
    let (mut held, mut missed, mut rate) = (None::<f64>, None::<f64>, from);
    let mut steps = Vec::new();
    loop {
        let duration = Duration::from_secs(seconds);
        let mut step = judge(target, rate, p99_ms, duration, stage.play(rate, duration, &target.server_pid).await);
        if step.failure.is_some() {
            // Other work on the machine may have been in the way: a rate is missed when it is missed twice.
            step = judge(target, rate, p99_ms, duration, stage.play(rate, duration, &target.server_pid).await);
        }
        tracing::info!(
            rate,
            failure = step.failure.as_deref().unwrap_or("none"),
            "{rate}/s: {}",
            step.failure.as_deref().unwrap_or("held")
        );
        if step.failure.is_none() {
            held = Some(rate);
        } else {
            missed = Some(rate);
        }
        steps.push(step);
        rate = match (held, missed) {
            (Some(held), Some(missed)) if missed / held <= CLOSE_ENOUGH => break,
            (Some(held), Some(missed)) => (held * missed).sqrt(),
            (Some(held), None) => held * 2.0,
            (None, Some(missed)) if missed < 2.0 => break,
            (None, _) => rate / 2.0,
        };
    }
    stage.end();
    let best = steps.iter().filter(|step| step.failure.is_none()).max_by(|one, other| one.rate.total_cmp(&other.rate));
    let mut rows = Vec::new();
    for step in &steps {
        let verdict = step.failure.as_deref().unwrap_or("sustained");
        let latency = report::latency(step.send_to_receive_ms);
        rows.push(("rate", format!("{:.0} messages/s: {verdict}   {latency}", step.rate)));
    }
    let found = best.map_or_else(
        || "nothing was sustained".to_owned(),
        |best| format!("{:.0} messages/s, {:.0} deliveries/s", best.rate, best.deliveries_per_second),
    );
    rows.push(("sustained", found));
    rows.push(("server CPU a delivery", CpuPerDelivery::text(best.and_then(|best| best.cpu_per_delivery))));
    let result = Result { scenario: "sustain", threads, members, best, steps: &steps };
    let title = format!("sustain: {threads} threads x {members} members, 99th percentile at most {p99_ms} ms");
    report::print(target, &title, &result, &rows);
    Ok(())
}

fn judge(target: &Target, rate: f64, p99_ms: f64, held: Duration, outcome: Outcome) -> Step {
    let Outcome { expected, measured, cpu, .. } = outcome;
    let latency = Latency::of(&measured.receive);
    let faults = measured.faults;
    let failure = if !measured.errors.is_empty() {
        Some(format!("refused: {:?}", measured.errors))
    } else if faults.unsent > 0 || faults.disconnected > 0 {
        Some(format!("{faults:?}"))
    } else if faults.duplicated > 0 || faults.skipped > 0 {
        Some(format!("out of order: {faults:?}"))
    } else if measured.received < expected {
        Some(format!("{} deliveries missing", expected - measured.received))
    } else if latency.p99 > p99_ms {
        Some("too slow".to_owned())
    } else {
        None
    };
    Step {
        rate,
        deliveries_per_second: measured.received as f64 / held.as_secs_f64(),
        send_to_receive_ms: latency,
        failure,
        cpu_per_delivery: CpuPerDelivery::of(target, cpu, measured.received),
    }
}
