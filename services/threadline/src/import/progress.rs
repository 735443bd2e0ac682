//! What people see of an import.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::appending::Outcomes;
use crate::output;

/// Bars on a terminal, nothing otherwise; a summary at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    json: bool,
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    threads_created: u64,
    members_added: u64,
    messages_created: u64,
    messages_already_there: u64,
    refused: &'a std::collections::BTreeMap<String, u64>,
    lines_skipped: u64,
    log_seconds: f64,
    log_messages_per_second: f64,
    projections_seconds: f64,
}

impl Progress {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// For the first reading, in lines.
    pub(super) fn counting(self) -> ProgressBar {
        self.bar(ProgressBar::no_length(), "reading    {spinner} {human_pos} lines")
    }

    /// For the second reading, in messages.
    pub(super) fn appending(self, messages: u64) -> ProgressBar {
        let look = "appending  {wide_bar} {human_pos}/{human_len} messages, {per_sec}, {eta} left";
        self.bar(ProgressBar::new(messages), look)
    }

    fn bar(self, bar: ProgressBar, look: &str) -> ProgressBar {
        let hidden = self.json || !std::io::stderr().is_terminal();
        bar.set_draw_target(if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) });
        bar.with_style(ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Says what came of it. `log` is the time until every outcome was known, `projections` until it could be read.
    pub(super) fn summary(self, outcomes: &Outcomes, log: Duration, projections: Duration) {
        let done = outcomes.messages + outcomes.present;
        let summary = Summary {
            threads_created: outcomes.threads,
            members_added: outcomes.members,
            messages_created: outcomes.messages,
            messages_already_there: outcomes.present,
            refused: &outcomes.refused,
            lines_skipped: outcomes.skipped,
            log_seconds: log.as_secs_f64(),
            log_messages_per_second: done as f64 / log.as_secs_f64(),
            projections_seconds: projections.as_secs_f64(),
        };
        if self.json {
            output::line(serde_json::to_string(&summary).unwrap_or_default());
            return;
        }
        output::line(format_args!(
            "{} messages created, {} already there; {} threads created, {} members added; {} lines left out",
            outcomes.messages, outcomes.present, outcomes.threads, outcomes.members, outcomes.skipped
        ));
        for (reason, count) in &outcomes.refused {
            output::line(format_args!("{count} refused: {reason}"));
        }
        output::line(format_args!(
            "{:.1} s to the last outcome ({:.0} messages/s), {:.1} s until the projections had it",
            summary.log_seconds, summary.log_messages_per_second, summary.projections_seconds
        ));
    }
}
