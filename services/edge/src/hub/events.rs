//! Events of the log as the hub takes them.

use bytes::Bytes;
use threadline_domain::thread::{TextChange, TextParts};
use threadline_domain::{Offset, Position, ThreadId};
use threadline_eventlog::Record;
use threadline_hub::{Audience, Membership};
use uuid::Uuid;

use super::delivered::Delivered;

use crate::metrics;

/// Makes the hub's event of a record whose event was read.
pub(super) fn of_event<A: Delivered>(
    position: Position,
    cause: Offset,
    event: &A::Event,
    value: Bytes,
) -> threadline_hub::Event {
    threadline_hub::Event {
        position,
        cause,
        audience: A::audience(event),
        membership: A::membership(event),
        seq: A::seq(event),
        number: A::new_number(event),
        text_change: A::text_change(event),
        value,
    }
}

/// Makes the hub's event of a record's headers alone; `None` if they do not say enough, or if the event names users or
/// supersedes texts.
pub(super) fn of_headers<A: Delivered>(position: Position, record: &Record) -> Option<threadline_hub::Event> {
    if A::names_users(record) || A::supersedes_text(record) {
        return None;
    }
    let (known, cause) = A::lost_event(record)?;
    Some(threadline_hub::Event {
        position,
        cause,
        audience: Audience::Thread(A::thread_of(known.id)?),
        membership: Membership::Unchanged,
        seq: known.seq,
        number: known.number,
        text_change: known.number.map(|number| TextChange { number, supersedes: TextParts::default() }),
        value: record.value.clone()?,
    })
}

/// Returns the thread that a key names.
pub(super) fn thread_of(key: &(impl AsRef<[u8]> + ?Sized)) -> Option<ThreadId> {
    Uuid::try_parse_ascii(key.as_ref()).ok().map(ThreadId)
}

/// Counts a record that cannot be read. The hub passes it over; the projector keeps it with its reason.
pub(super) fn note_unread(record: &Record) {
    metrics::unreadable_records().increment(1);
    tracing::warn!(
        partition = record.partition,
        offset = record.offset,
        "failed to read the record at {}:{}; it is skipped",
        record.partition,
        record.offset
    );
}
