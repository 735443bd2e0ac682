//! Logs and metrics of the process.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Format, Telemetry};

/// What says at every start that all is there already; the configured level may name it to hear it.
const QUIET: &str = "sqlx::postgres::notice=warn";
/// How often what was measured is folded into buckets.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// Upper bounds of histograms in milliseconds.
const BUCKETS_MS: [f64; 14] =
    [0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 10_000.0];
/// Upper bounds of histograms in seconds.
const BUCKETS_SECONDS: [f64; 14] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Upper bounds of histograms of counts.
const BUCKETS_COUNT: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 500.0, 1_000.0];

/// Sends logs to standard error. Only the first call in a process has an effect.
pub fn start_logs(telemetry: &Telemetry) {
    let json = match telemetry.format {
        Format::Json => true,
        Format::Text => false,
        Format::Auto => !io::stderr().is_terminal(),
    };
    let filter = EnvFilter::try_new(format!("{QUIET},{}", telemetry.level)).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = if json {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
    } else {
        let ansi = io::stderr().is_terminal();
        tracing_subscriber::fmt::layer().with_ansi(ansi).with_target(false).with_writer(OneLine).boxed()
    };
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
}

/// Collects metrics from now on; must be called once in a process and within a Tokio runtime.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&BUCKETS_COUNT)?
        .set_buckets_for_metric(Matcher::Suffix("_ms".into()), &BUCKETS_MS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS_SECONDS)?
        .install_recorder()?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// Writes each event as one line, whatever stands in it: a line break in a value cannot begin a line of its own.
#[derive(Clone, Copy, Debug)]
struct OneLine;

impl<'a> MakeWriter<'a> for OneLine {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for OneLine {
    /// The formatter hands over an event in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&one_line(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn one_line(event: &[u8]) -> Vec<u8> {
    let text = event.strip_suffix(b"\n").unwrap_or(event);
    let mut line = Vec::with_capacity(event.len() + 2);
    for &byte in text {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            _ => line.push(byte),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_begin_a_line() {
        assert_eq!(one_line(b"name=a\r\n2026 INFO all is well\n"), b"name=a\\r\\n2026 INFO all is well\n");
    }
}
