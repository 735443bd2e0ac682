//! What people are told at the end of an import or of a dry run.

use std::time::Duration;

use serde::Serialize;

use super::preview::{Preview, ThreadInUse};
use super::tally::Tally;
use crate::output;

/// Threads in use, and people in each of them, that a text names; JSON has them all.
const NAMED_MAX: usize = 20;

#[derive(Debug, Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    lines_skipped: u64,
    log_seconds: f64,
    log_messages_per_second: f64,
    projections_seconds: f64,
}

#[derive(Debug, Serialize)]
struct ThreadPreview<'a> {
    dry_run: bool,
    threads_already_there: u64,
    #[serde(flatten)]
    tally: &'a Tally,
    lines_refused: u64,
    threads_in_use: &'a [ThreadInUse],
}

/// How long an import took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Until every outcome was known.
    pub(super) log: Duration,
    /// Until all of it could be read.
    pub(super) projections: Duration,
}

/// Says what was done.
pub(super) fn done(tally: &Tally, lines_skipped: u64, times: Times, json: bool) {
    let messages = tally.messages_created + tally.messages_already_there;
    let summary = Summary {
        tally,
        lines_skipped,
        log_seconds: times.log.as_secs_f64(),
        log_messages_per_second: messages as f64 / times.log.as_secs_f64(),
        projections_seconds: times.projections.as_secs_f64(),
    };
    if json {
        output::line(serde_json::to_string(&summary).unwrap_or_default());
        return;
    }
    output::line(counted(tally, "created"));
    if lines_skipped > 0 {
        output::line(format_args!("{lines_skipped} lines left out"));
    }
    output::line(format_args!(
        "{:.1} s to the last outcome ({:.0} messages/s), {:.1} s until the projections had it",
        summary.log_seconds, summary.log_messages_per_second, summary.projections_seconds
    ));
}

/// Says what would be done.
pub(super) fn preview(preview: &Preview, threads_planned: u64, lines_refused: u64, is_dry_run: bool, json: bool) {
    let tally = &preview.tally;
    let threads_already_there = threads_planned - tally.threads_created;
    if json {
        let threads_in_use = &preview.threads_in_use[..];
        let preview =
            ThreadPreview { dry_run: is_dry_run, threads_already_there, tally, lines_refused, threads_in_use };
        output::line(serde_json::to_string(&preview).unwrap_or_default());
        return;
    }
    output::line(counted(tally, "to be created"));
    output::line(format_args!(
        "{threads_already_there} of the threads are here already; {lines_refused} lines refused"
    ));
    for thread in preview.threads_in_use.iter().take(NAMED_MAX) {
        output::line(in_use(thread));
    }
    if let Some(more) = preview.threads_in_use.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        output::line(format_args!("… and {more} more threads in use; --json lists all"));
    }
}

fn counted(tally: &Tally, created: &str) -> String {
    let Tally { threads_created, dms_created, members_added, members_removed, roles_changed, .. } = tally;
    let Tally { messages_created, messages_already_there, messages_edited, messages_deleted, .. } = tally;
    let Tally { messages_left_alone, messages_late, reads_marked, users_named, refused, .. } = tally;
    let mut lines = vec![
        format!("{threads_created} threads {created} ({dms_created} of them dms)"),
        format!("{members_added} members added later, {members_removed} removed, {roles_changed} roles given"),
        format!("{messages_created} messages {created}, {messages_already_there} already there"),
        format!(
            "{messages_edited} edits, {messages_deleted} deletions, {reads_marked} read marks, {users_named} names"
        ),
    ];
    if *messages_left_alone > 0 {
        lines.push(format!("{messages_left_alone} messages left as they are: who wrote them has left or is erased"));
    }
    if *messages_late > 0 {
        lines.push(format!("{messages_late} messages after newer ones of their threads"));
    }
    lines.extend(refused.iter().map(|(reason, count)| format!("{count} refused: {reason}")));
    lines.join("\n")
}

fn in_use(thread: &ThreadInUse) -> String {
    let ThreadInUse { thread: id, name, messages_here, messages_appended, messages_older, unread_rises } = thread;
    let mut named: Vec<String> =
        unread_rises.iter().take(NAMED_MAX).map(|rise| format!("{} by {}", rise.user, rise.by)).collect();
    if let Some(more) = unread_rises.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        named.push(format!("{more} more people"));
    }
    let unread = if named.is_empty() { "nobody's unread count rises".into() } else { named.join(", ") };
    let unread = if named.is_empty() { unread } else { format!("unread rises: {unread}") };
    format!(
        "in use: thread {name} ({id}) has {messages_here} messages; {messages_appended} would be appended after them, \
         {messages_older} of these are older than the newest one; {unread}"
    )
}
