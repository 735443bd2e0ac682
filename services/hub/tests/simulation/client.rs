//! Clients, and the check of what each of their connections received.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadline_domain::thread::TextParts;
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use threadline_hub::{Audience, Entry, Event, LocalUser, MembershipEffect, Missed};
use threadline_wire::{Cursor, LogFingerprint, Offsets};

use crate::edge::{Edge, SimSession, frame_of};
use crate::log::Log;
use crate::model;

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) user: UserId,
    /// Every cursor that it was given; the last is the best.
    pub(crate) cursors: Vec<String>,
    pub(crate) connection: Option<Connection>,
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) edge: usize,
    pub(crate) user: Arc<LocalUser<SimSession>>,
    pub(crate) session: Arc<SimSession>,
    /// Where its events begin.
    pub(crate) from: Offsets,
    /// Where live events began.
    pub(crate) at: Offsets,
    /// The frames of the backlog, which are written before live ones.
    pub(crate) backlog: Vec<String>,
}

/// An event that a connection missed.
pub(crate) enum MissedEvent {
    Row(Event),
    Entry(Arc<Entry>),
}

impl MissedEvent {
    /// Returns the frame, and keeps it where others resume from the same ring.
    pub(crate) fn frame(&self) -> String {
        let frame = match self {
            Self::Row(event) => frame_of(event.position),
            Self::Entry(entry) => {
                entry.frame().unwrap_or_else(|| entry.keep_frame(frame_of(entry.event.position), TextParts::default()))
            }
        };
        String::from_utf8(frame.to_vec()).expect("text")
    }
}

impl Missed for MissedEvent {
    fn thread(&self) -> Option<ThreadId> {
        match self {
            Self::Row(event) => match event.audience {
                Audience::Thread(thread) => Some(thread),
                Audience::Users(_) => None,
            },
            Self::Entry(entry) => Missed::thread(&**entry),
        }
    }

    fn effect(&self, user: &UserId) -> MembershipEffect {
        match self {
            Self::Row(event) => event.membership.effect(user),
            Self::Entry(entry) => Missed::effect(&**entry, user),
        }
    }
}

pub(crate) fn cursor_text(next: Offsets) -> String {
    Cursor { log: LogFingerprint::of("simulation"), next }.to_string()
}

pub(crate) fn offsets_of(cursor: &str) -> Offsets {
    cursor.parse::<Cursor>().expect("a cursor").next
}

impl Connection {
    /// Compares everything written so far with the model; returns the cursors that came.
    pub(crate) fn check(&self, log: &Log, user: &UserId, edge: &Edge, is_complete: bool) -> Vec<String> {
        let wire = self.session.written();
        let mut received: BTreeMap<(Topic, Partition), Vec<(Offset, &str)>> = BTreeMap::new();
        let mut cursors = Vec::new();
        for frame in self.backlog.iter().chain(wire.iter()) {
            if let Some(cursor) = frame.strip_prefix("pong ") {
                self.check_below(log, user, &received, &offsets_of(cursor));
                cursors.push(cursor.to_owned());
                continue;
            }
            let (how, position) = frame.split_once(' ').unwrap_or(("event", frame));
            let position: Position = position.parse().expect("a position");
            received.entry((position.topic, position.partition)).or_default().push((position.offset, how));
        }
        for &(topic, partition) in log.partitions.keys() {
            let expected = self.expected(log, user, topic, partition);
            let received = received.remove(&(topic, partition)).unwrap_or_default();
            let at = self.at[&topic][partition as usize];
            let offsets: Vec<Offset> = received.iter().map(|(offset, _)| *offset).collect();
            let wanted: Vec<Offset> = expected.iter().map(|expected| expected.offset).collect();
            assert!(wanted.starts_with(&offsets), "{user} {topic}:{partition} received {offsets:?} of {wanted:?}");
            for (&(offset, how), expected) in received.iter().zip(&expected) {
                let position = Position { topic, partition, offset };
                match how {
                    "event" => assert!(!expected.is_lost),
                    "lost" => assert!(expected.is_lost),
                    _ => assert!(
                        offset >= at && edge.substituted.borrow().contains(&position),
                        "{position} was not substituted"
                    ),
                }
            }
            if is_complete {
                assert_eq!(offsets, wanted, "{user} {topic}:{partition} is incomplete");
            }
        }
        cursors
    }

    /// Everything below a cursor was received before it.
    fn check_below(
        &self,
        log: &Log,
        user: &UserId,
        received: &BTreeMap<(Topic, Partition), Vec<(Offset, &str)>>,
        cursor: &Offsets,
    ) {
        for &(topic, partition) in log.partitions.keys() {
            let below = cursor[&topic][partition as usize];
            let expected = self.expected(log, user, topic, partition);
            let wanted = expected.iter().filter(|expected| expected.offset < below).count();
            let count = received.get(&(topic, partition)).map_or(0, Vec::len);
            assert!(count >= wanted, "{user} {topic}:{partition}: the cursor {below} came before its events");
        }
    }

    fn expected(&self, log: &Log, user: &UserId, topic: Topic, partition: Partition) -> Vec<model::Expected> {
        let from = self.from[&topic][partition as usize];
        let at = self.at[&topic][partition as usize];
        let mut expected = model::seen_by(log, user, topic, partition, from);
        // A ring does not hold what nobody could read: clients see the gap.
        expected.retain(|expected| !expected.is_lost || expected.offset >= at);
        expected
    }
}
