//! Threads: their events go to their members.

use bytes::Bytes;
use threadline_domain::thread::{Change, Event, EventKind, Outcome, TextChange, TextParts, Thread};
use threadline_domain::{Position, ThreadId};
use threadline_eventlog::{Record, codec};
use threadline_hub::{Audience, Membership};
use threadline_wire::frame;

use super::delivered::Delivered;

impl Delivered for Thread {
    fn thread_of(id: ThreadId) -> Option<ThreadId> {
        Some(id)
    }

    fn audience(event: &Event) -> Audience {
        Audience::Thread(event.thread)
    }

    fn membership(event: &Event) -> Membership {
        match &event.change {
            Change::ThreadCreated(created) => {
                Membership::Created(created.members.iter().map(|member| member.user.clone()).collect())
            }
            Change::MemberAdded { user, .. } => Membership::Added(user.clone()),
            Change::MemberRemoved { user } => Membership::Removed(user.clone()),
            _ => Membership::Unchanged,
        }
    }

    fn names_users(record: &Record) -> bool {
        // Without a kind in the headers, the event itself has to tell.
        codec::event_kind_of(record).is_none_or(EventKind::changes_membership)
    }

    fn text_change(event: &Event) -> Option<TextChange> {
        event.change.text_change()
    }

    fn supersedes_text(record: &Record) -> bool {
        codec::event_kind_of(record).is_none_or(EventKind::supersedes_text)
    }

    fn withhold(event: &mut Event, parts: TextParts) {
        event.withhold(parts);
    }

    fn frame(position: Position, event: &Event) -> Bytes {
        frame::event_frame(position, event).into()
    }

    fn seq_of(outcome: &Outcome) -> u64 {
        outcome.seq
    }
}
