//! A sample of every frame from the edge.

use threadline_domain::thread::{Change, Outcome};
use threadline_domain::{Position, ReadMark, Timestamp, Topic};
use threadline_wire::frame::{self, Limits};
use threadline_wire::json::Written;
use threadline_wire::{Cursor, ErrorCode, LogFingerprint, PresenceStatus, RequestError};

use crate::samples::{changes, event, message, thread, user};

pub(crate) const POSITION: Position = Position { topic: Topic::Messages, partition: 3, offset: 1_234 };
pub(crate) const AT: Timestamp = Timestamp(1_769_860_800_123);

/// Every frame but events.
pub(crate) fn server_frames() -> Vec<String> {
    let (ann, at) = (user("ann"), AT);
    let cursor = Cursor { log: LogFingerprint::of("log"), next: [(Topic::Messages, vec![1, 300])].into() };
    let limits = Limits {
        frame_bytes_max: 65_536,
        frames_per_second_max: 20,
        content_chars_max: 10_000,
        metadata_bytes_max: 8_192,
    };
    let refused = RequestError::invalid("message.content", "must not be empty").for_request(Some("2".into()));
    let outcome = Outcome { seq: 7, message: Some(message(1)), number: Some(5), at };
    let written = |change: Change| Written::event(POSITION, &event(7, change));
    let mut posted = changes().into_iter().filter(|change| matches!(change, Change::MessagePosted(_)));
    vec![
        frame::welcome(Some("1"), &ann, &cursor, true, 25_000, &limits, at),
        frame::ok(Some("\"a\""), written(posted.next().unwrap())),
        frame::ok(None, written(Change::ThreadArchived)),
        frame::ok(Some("2"), Written::earlier(&outcome, true)),
        frame::error(&refused, None),
        frame::error(&ErrorCode::RateLimited.into(), Some(250)),
        frame::read(&ReadMark { thread: thread(), user: ann.clone(), number: 5, at }),
        frame::typing(thread(), &ann, true),
        frame::typing(thread(), &ann, false),
        frame::typing_count(thread(), 3),
        frame::presence([(&ann, PresenceStatus::Offline)]),
        frame::presence_count(thread(), 101),
        frame::pong(Some("3"), &cursor),
        frame::pong(None, &cursor),
        frame::resync(&[thread()], "too old"),
        frame::token_expiring(at),
        frame::drain(10_000),
    ]
}

/// A frame of every change.
pub(crate) fn change_frames() -> Vec<String> {
    changes().into_iter().map(|change| frame::event_frame(POSITION, &event(7, change))).collect()
}
