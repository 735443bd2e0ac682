//! The first reading: which threads there are, and who is in them.

use std::collections::{HashMap, HashSet};

use threadline_domain::{Timestamp, UserId, limits};

use super::Options;
use super::history::History;
use crate::error::Error;

/// Bad lines that are named one by one; further ones are counted.
const BAD_LINES_NAMED_MAX: u64 = 20;
/// Between two reports of how far we are, lines.
const REPORT_EVERY_LINES: u64 = 1_000;

/// What the file holds.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By thread key.
    pub(super) threads: HashMap<String, PlannedThread>,
    /// Lines that can be taken.
    pub(super) messages: u64,
    /// Lines that cannot.
    pub(super) skipped: u64,
}

impl Plan {
    /// Returns every sender once.
    pub(super) fn senders(&self) -> HashSet<&UserId> {
        self.threads.values().flat_map(|thread| &thread.members).collect()
    }
}

/// A thread to be.
#[derive(Debug)]
pub(super) struct PlannedThread {
    /// Its senders in the order of their first message; the first one makes the thread.
    pub(super) members: Vec<UserId>,
    seen: HashSet<UserId>,
    /// When it begins.
    pub(super) begins: Timestamp,
}

/// Reads all of the file. Fails at the first bad line unless they are to be skipped.
pub(super) fn read(options: &Options, report: impl Fn(u64)) -> Result<Plan, Error> {
    let mut history = History::open(&options.file, &options.threads_prefix)?;
    let mut plan = Plan::default();
    while let Some(line) = history.next()? {
        if history.line().is_multiple_of(REPORT_EVERY_LINES) {
            report(history.line());
        }
        let message = match line {
            Ok(message) => message,
            Err(bad) if options.skip_bad => {
                plan.skipped += 1;
                if plan.skipped <= BAD_LINES_NAMED_MAX {
                    tracing::warn!(reason = %bad, "left out");
                }
                continue;
            }
            Err(bad) => return Err(Error::Tool(format!("{}, {bad}; nothing was imported", options.file.display()))),
        };
        plan.messages += 1;
        let thread = plan.threads.entry(message.thread_key).or_insert_with_key(|_| PlannedThread {
            members: Vec::new(),
            seen: HashSet::new(),
            begins: message.sent_at,
        });
        if thread.seen.insert(message.sender.clone()) {
            thread.members.push(message.sender);
        }
        if thread.members.len() > limits::MEMBERS_MAX {
            let (line, most) = (history.line(), limits::MEMBERS_MAX);
            let reason =
                format!("line {line}, thread_key: the thread has more than {most} senders; nothing was imported");
            return Err(Error::Tool(format!("{}, {reason}", options.file.display())));
        }
    }
    Ok(plan)
}
