//! From the tail of `rejections` to the requests that wait.

use threadline_eventlog::{TailBatch, header};

use super::followed::Followed;
use super::shared::Core;

/// Settles the requests that a batch answers.
pub(super) fn on_batch(core: &Core, followed: &Followed, batch: &TailBatch) {
    for record in batch.records.iter() {
        let reply_to = record.headers.get(header::REPLY_TO);
        if let Some(request) = reply_to.and_then(|reply_to| core.deps.appender.request_of(reply_to)) {
            followed.refuse(core, request, record);
        }
    }
}
