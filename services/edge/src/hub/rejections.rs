//! From the tail of `rejections` to whoever waits.

use threadline_eventlog::codec::CommandReply;
use threadline_eventlog::{TailBatch, codec, header};

use super::events::note_unread;
use super::held::Held;
use super::shared::Core;

/// Settles the commands that a batch answers.
pub(super) fn on_batch(core: &Core, held: &Held, batch: &TailBatch) {
    for record in batch.records.iter() {
        let reply_to = record.headers.get(header::REPLY_TO);
        let Some(request) = reply_to.and_then(|reply_to| core.deps.commands.request_of(reply_to)) else { continue };
        match codec::read_refusal(record) {
            Ok(refusal) => match refusal.reply {
                CommandReply::AlreadyApplied(outcome) => held.settle(core, refusal.thread, outcome, request),
                CommandReply::Rejected(_) | CommandReply::Unavailable { .. } => {
                    core.deps.commands.refused(request, refusal);
                }
            },
            Err(_) => note_unread(record),
        }
    }
}
