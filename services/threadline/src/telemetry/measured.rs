//! What the process measures.

use std::fmt::Write;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use threadline_metrics::{Kind, Metric, Unit};

/// How often what was measured is folded into buckets.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Metrics cannot be collected.
#[derive(Debug, thiserror::Error)]
#[error("failed to start collecting metrics")]
pub struct MetricsError(#[from] BuildError);

/// The table of each crate that measures something, with the part of the program that it is for.
const TABLES: [(&str, &[Metric]); 5] = [
    ("Edge", threadline_edge::metrics::METRICS),
    ("Decider", threadline_decider::metrics::METRICS),
    ("Projector", threadline_projector::metrics::METRICS),
    ("Log", threadline_eventlog::metrics::METRICS),
    ("Keys", threadline_sealing::metrics::METRICS),
];

/// Everything that a process of ours measures.
pub fn metrics() -> impl Iterator<Item = &'static Metric> {
    TABLES.iter().flat_map(|(_, table)| table.iter())
}

/// Collects metrics from now on; must be called once in a process and within a Tokio runtime.
pub fn start_metrics() -> Result<PrometheusHandle, MetricsError> {
    let mut builder = PrometheusBuilder::new();
    for metric in metrics().filter(|metric| metric.kind == Kind::Histogram) {
        builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), metric.buckets())?;
    }
    let handle = builder.install_recorder()?;
    metrics().for_each(Metric::describe);
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

const HEAD: &str = "# Metrics

Every role serves `/metrics` for Prometheus, beside `/livez` and `/readyz`. A counter only grows, until its process ends; a gauge goes up
and down; a histogram has buckets. A metric is there once it was measured for the first time. No label holds an id of a person, a
thread or a message.

This page is made by `make docs`; a test compares it with the program.
";

/// All metrics as a page in Markdown.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for (title, table) in TABLES {
        let _ = write!(page, "\n## {title}\n\n| metric | kind | unit | labels | |\n|---|---|---|---|---|\n");
        for Metric { name, kind, unit, labels, help } in table {
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let unit = match unit {
                Unit::Count => "",
                Unit::Bytes => "bytes",
                Unit::Seconds => "seconds",
            };
            let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
            let _ = writeln!(page, "| `{name}` | {kind} | {unit} | {} | {help} |", labels.join(", "));
        }
    }
    page
}
