//! The log alone, for comparison: append a record, see it in a tail.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use threadline_eventlog::{Headers, NewRecord, Start, Topic};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::Target;
use super::clock::Clock;
use super::report;
use super::tally::{Latency, histogram, record_ns};
use crate::config::Config;
use crate::error::Error;
use crate::storage::{self, Storage};

/// What a command and its event carry, about.
const VALUE_BYTES: usize = 220;
/// A topic that is kept for an hour only, and in which nobody minds a record for nobody.
const TOPIC: Topic = Topic::Rejections;
/// Appends that wait to be handed out.
const DUE_MAX: usize = 4_096;
/// How long records may still come after the last append.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// How often, how long.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// Records a second.
    #[arg(long, default_value_t = 50.0)]
    rate: f64,
    /// How long.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

#[derive(Debug, Serialize)]
struct Result {
    scenario: &'static str,
    log: &'static str,
    rate: f64,
    append_to_tail_ms: Latency,
}

pub(super) async fn run(config: &Config, target: &Target, options: &Options) -> std::result::Result<(), Error> {
    let latency = measure(config, options.rate, Duration::from_secs(options.seconds)).await?;
    let result = Result { scenario: "raw", log: config.log.name(), rate: options.rate, append_to_tail_ms: latency };
    let title = format!("raw: {} log, {}/s", config.log.name(), options.rate);
    report::print(target, &title, &result, &[("append to tail", report::latency(latency))]);
    Ok(())
}

/// One hop through the log in this process, from the scheduled time of the append to its arrival in a tail.
pub(super) async fn measure(config: &Config, rate: f64, duration: Duration) -> std::result::Result<Latency, Error> {
    let mut config = config.clone();
    storage::find_database(&mut config);
    let log = Storage::open(&config).await?.log;
    let ends = log.ends(TOPIC).await.all()?;
    let from: BTreeMap<_, _> = ends.into_iter().map(|(partition, end)| (partition, Start::At(end))).collect();
    let mut tail = log.tail(TOPIC, from);
    let clock = Clock::start();
    let sends = (rate * duration.as_secs_f64()).round().max(1.0) as u64;
    let (due, mut dues) = mpsc::channel(DUE_MAX);
    tokio::task::spawn_blocking(move || {
        for turn in 0..sends {
            let scheduled_ns = (turn as f64 * 1e9 / rate) as u64;
            clock.sleep_until(scheduled_ns);
            if due.blocking_send(scheduled_ns).is_err() {
                return;
            }
        }
    });
    let key = format!("load-{}", Uuid::now_v7().simple());
    let (mut latencies, mut open) = (histogram(), true);
    while latencies.len() < sends {
        tokio::select! {
            scheduled_ns = dues.recv(), if open => match scheduled_ns {
                Some(scheduled_ns) => {
                    let mut value = u64::to_be_bytes(scheduled_ns).to_vec();
                    value.resize(VALUE_BYTES, 0);
                    let record = NewRecord {
                        key: format!("{key}-{scheduled_ns}").into(),
                        value: Some(value.into()),
                        headers: Headers::new(),
                    };
                    // Queued by the call; where it arrives is what we look at.
                    drop(log.append(TOPIC, record));
                }
                None => open = false,
            },
            batch = tail.next() => {
                let batch = batch.ok_or(Error::LogClosed)?;
                let now = clock.now_ns();
                let ours = batch.records.iter().filter(|record| record.key.starts_with(key.as_bytes()));
                for bytes in ours.filter_map(|record| record.value.as_deref()?.first_chunk()) {
                    record_ns(&mut latencies, now.saturating_sub(u64::from_be_bytes(*bytes)));
                }
            }
            () = tokio::time::sleep(DRAIN_WAIT), if !open => {
                let missing = sends - latencies.len();
                return Err(Error::Tool(format!("{missing} records did not come back")));
            }
        }
    }
    Ok(Latency::of(&latencies))
}
