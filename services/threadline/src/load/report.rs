//! How results are shown.

use serde::Serialize;

use super::Target;
use super::process::Cpu;
use super::tally::Latency;
use crate::output;

/// A line of the table: a name and what was found.
pub(super) type Row = (&'static str, String);

/// Prints a result: as one JSON line, or as a table for people.
pub(super) fn print(target: &Target, title: &str, result: &impl Serialize, rows: &[Row]) {
    if target.json {
        output::line(serde_json::to_string(result).unwrap_or_default());
        return;
    }
    output::line(title);
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in rows {
        output::line(format_args!("  {name:width$}  {value}"));
    }
}

pub(super) fn latency(latency: Latency) -> String {
    let Latency { p50, p90, p99, p999, max } = latency;
    format!("p50 {p50:.2} ms   p90 {p90:.2} ms   p99 {p99:.2} ms   p99.9 {p999:.2} ms   max {max:.2} ms")
}

/// CPU for each delivery, microseconds: of the processes named, and of their children.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct CpuPerDelivery {
    pub(super) own_us: f64,
    pub(super) children_us: f64,
}

impl CpuPerDelivery {
    /// `None` when no process was named.
    pub(super) fn of(target: &Target, cpu: Cpu, deliveries: u64) -> Option<Self> {
        let each = |seconds: f64| seconds * 1e6 / deliveries.max(1) as f64;
        (!target.server_pid.is_empty())
            .then(|| Self { own_us: each(cpu.own_seconds), children_us: each(cpu.children_seconds) })
    }

    pub(super) fn text(cpu: Option<Self>) -> String {
        cpu.map_or_else(
            || "not measured (--server-pid)".to_owned(),
            |cpu| format!("{:.0} µs, and {:.0} µs in its children", cpu.own_us, cpu.children_us),
        )
    }
}
