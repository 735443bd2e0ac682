//! Events of the log as the hub takes them.

use bytes::Bytes;
use threadline_domain::thread::{Change, Event, EventKind};
use threadline_domain::{Offset, Position, ThreadId};
use threadline_eventlog::{Record, codec};
use threadline_hub::{Audience, Membership};
use threadline_wire::frame;
use uuid::Uuid;

/// Encodes the frame that every receiver of an event gets.
pub(crate) fn frame_of(position: Position, event: &Event) -> Bytes {
    frame::event_frame(position, event).into()
}

/// Returns the membership change that an event makes.
pub(crate) fn membership_of(event: &Event) -> Membership {
    match &event.change {
        Change::ThreadCreated(created) => {
            Membership::Created(created.members.iter().map(|member| member.user.clone()).collect())
        }
        Change::MemberAdded { user, .. } => Membership::Added(user.clone()),
        Change::MemberRemoved { user } => Membership::Removed(user.clone()),
        _ => Membership::Unchanged,
    }
}

/// Makes the hub's event of a record whose event was read.
pub(super) fn of_event(position: Position, cause: Offset, event: &Event, value: Bytes) -> threadline_hub::Event {
    threadline_hub::Event {
        position,
        cause,
        audience: Audience::Thread(event.thread),
        membership: membership_of(event),
        seq: event.seq,
        number: event.change.new_number(),
        value,
    }
}

/// Makes the hub's event of a record's headers alone; `None` if they do not say enough, or if the event changes a
/// membership.
pub(super) fn of_headers(position: Position, record: &Record) -> Option<threadline_hub::Event> {
    if changes_membership(record) {
        return None;
    }
    let (known, cause) = codec::lost_event(record)?;
    Some(threadline_hub::Event {
        position,
        cause,
        audience: Audience::Thread(known.id),
        membership: Membership::Unchanged,
        seq: known.seq,
        number: known.number,
        value: record.value.clone()?,
    })
}

/// Returns whether the event can concern a user who is in no local thread yet.
pub(super) fn changes_membership(record: &Record) -> bool {
    // Without a kind in the headers, the event itself has to tell.
    codec::event_kind_of(record).is_none_or(EventKind::changes_membership)
}

/// Returns the thread that a key names.
pub(super) fn thread_of(key: &(impl AsRef<[u8]> + ?Sized)) -> Option<ThreadId> {
    Uuid::try_parse_ascii(key.as_ref()).ok().map(ThreadId)
}

/// Counts a record that cannot be read. The hub passes it over; the projector keeps it with its reason.
pub(super) fn note_unread(record: &Record) {
    metrics::counter!("threadline_edge_unread_records_total").increment(1);
    tracing::warn!(record.partition = record.partition, record.offset = record.offset, "failed to read a record");
}
