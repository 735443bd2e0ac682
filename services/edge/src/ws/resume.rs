//! What a client missed: from the place it names to the place at which its session joined.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use threadline_domain::thread::Event;
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use threadline_projections::{Membership, Memberships, TimelineRow};
use threadline_wire::avro::{self, DecodeError};
use threadline_wire::{CloseCode, Cursor, frame};

use crate::hub::{About, Entry, Joined, frame_of};
use crate::state::Edge;

/// Threads whose missed events are read from the views at once.
const THREADS_PER_READ_MAX: usize = 64;
/// Events that one resuming session is given from the views; with more it loads its threads anew.
const EVENTS_MAX: usize = 10_000;
/// Threads in one resync frame.
const THREADS_PER_RESYNC_MAX: usize = 500;

/// The place that a client names.
pub(super) enum Asked {
    /// None: a client that starts.
    Nothing,
    /// A place in this log.
    Place(BTreeMap<Partition, Offset>),
    /// None that can be resumed from, for this reason.
    Unusable(&'static str),
}

impl Asked {
    pub(super) fn from(&self) -> Option<&BTreeMap<Partition, Offset>> {
        match self {
            Self::Place(from) => Some(from),
            Self::Nothing | Self::Unusable(_) => None,
        }
    }
}

/// What a client gets behind its welcome.
pub(super) struct Backlog {
    /// Whether it was given everything that it missed.
    pub(super) recovered: bool,
    /// The threads of which it was not.
    pub(super) resyncs: Vec<Utf8Bytes>,
    /// What it missed.
    pub(super) events: Vec<Utf8Bytes>,
}

/// Reads a client's cursor.
pub(super) async fn place_of(edge: &Edge, cursor: Option<&str>) -> Result<Asked, CloseCode> {
    let Some(cursor) = cursor else { return Ok(Asked::Nothing) };
    let Ok(Cursor { log, next }) = cursor.parse() else { return Ok(Asked::Unusable("bad_cursor")) };
    let place = edge.hub.place();
    let partitions = edge.log.partitions(Topic::Messages);
    if log != place.log() || !next.keys().copied().eq(0..partitions) {
        return Ok(Asked::Unusable("foreign_cursor"));
    }
    if !place.reached(&next) {
        // Another edge may have been ahead of this one, but none can be ahead of the log.
        let ends = edge.log.ends(Topic::Messages).await.all().map_err(|error| {
            tracing::warn!(error = %error, "a session was not resumed: the log does not say where it ends");
            CloseCode::Overload
        })?;
        if next.iter().any(|(partition, &offset)| ends.get(partition).is_none_or(|&end| offset > end)) {
            return Ok(Asked::Unusable("foreign_cursor"));
        }
    }
    Ok(Asked::Place(next))
}

/// Gathers what a session missed between `from` and its joining. `from` is the snapshot's own place for a client that
/// starts, so that whatever it then reads from the views is continued without a hole.
pub(super) async fn backlog(
    edge: &Edge,
    user: &UserId,
    asked: Asked,
    from: &BTreeMap<Partition, Offset>,
    joined: Joined,
) -> Result<Backlog, CloseCode> {
    let (result, reason) = match &asked {
        Asked::Nothing => ("fresh", None),
        Asked::Unusable(reason) => ("unusable", Some(*reason)),
        Asked::Place(_) if joined.uncovered.is_empty() => ("ring", None),
        Asked::Place(_) => ("views", None),
    };
    metrics::counter!("threadline_edge_resumes_total", "from" => result).increment(1);
    let Joined { memberships, entries, uncovered, .. } = joined;
    let mut too_many = Vec::new();
    let mut missed = Vec::new();
    if !uncovered.is_empty() {
        (missed, too_many) = from_views(edge, &memberships, from, &uncovered).await?;
    }
    missed.extend(entries.into_iter().map(Missed::Entry));
    open(edge, &mut missed, &mut too_many).await;
    let (missed, too_many) = within(edge.config.hub.backlog_bytes_max, &memberships, missed, too_many);
    let events = visible(user, &missed, put_out(&memberships, &too_many));
    let too_many: Vec<_> = too_many.into_iter().collect();
    let (recovered, threads, reason) = match reason {
        Some(reason) => {
            let current = memberships.threads.iter().filter(|membership| membership.role.is_some());
            (false, current.map(|membership| membership.thread).collect(), reason)
        }
        None => (matches!(asked, Asked::Place(_)) && too_many.is_empty(), too_many, "too_old"),
    };
    let mut resyncs: Vec<Utf8Bytes> =
        threads.chunks(THREADS_PER_RESYNC_MAX).map(|threads| frame::resync(threads, reason).into()).collect();
    if resyncs.is_empty() && matches!(asked, Asked::Unusable(_)) {
        // No thread to name, but the client is told that its cursor was of no use.
        resyncs.push(frame::resync(&[], reason).into());
    }
    Ok(Backlog { recovered, resyncs, events })
}

/// An event that may have been missed.
enum Missed {
    /// From the views; without a frame until its event was opened.
    Row { thread: ThreadId, position: Position, event: Box<Event>, about: About, frame: Option<Utf8Bytes> },
    /// From the ring.
    Entry(Arc<Entry>),
}

impl Missed {
    fn thread(&self) -> ThreadId {
        match self {
            Self::Row { thread, .. } => *thread,
            Self::Entry(entry) => entry.thread,
        }
    }

    fn position(&self) -> Position {
        match self {
            Self::Row { position, .. } => *position,
            Self::Entry(entry) => entry.position,
        }
    }

    /// Whether the user is in the thread from this event on, if it is about the user.
    fn joins(&self, user: &UserId) -> Option<bool> {
        match self {
            Self::Row { about, .. } => about.joins(user),
            Self::Entry(entry) => entry.about.joins(user),
        }
    }

    fn frame(&self) -> Option<&Utf8Bytes> {
        match self {
            Self::Row { frame, .. } => frame.as_ref(),
            Self::Entry(entry) => entry.frame(),
        }
    }

    /// The event, unless its frame is there already or it cannot be read.
    fn event(&self) -> Option<Event> {
        match self {
            Self::Row { event, .. } => Some((**event).clone()),
            Self::Entry(entry) if entry.frame().is_some() => None,
            Self::Entry(entry) => entry.event(),
        }
    }

    /// Encodes the frame of the event, which was opened.
    fn encode(&mut self, opened: &Event) {
        match self {
            Self::Row { position, frame, .. } => *frame = Some(frame_of(*position, opened)),
            Self::Entry(entry) => drop(entry.frame_of_opened(opened)),
        }
    }
}

/// Opens and encodes all events that have no frame yet. Threads whose keys cannot be had now are loaded anew.
async fn open(edge: &Edge, missed: &mut [Missed], too_many: &mut Vec<ThreadId>) {
    let (at, mut events): (Vec<_>, Vec<_>) =
        missed.iter().enumerate().filter_map(|(at, missed)| missed.event().map(|event| (at, event))).unzip();
    let opened = edge.keyring.open(&mut events).await;
    if let Err(error) = &opened {
        tracing::warn!(%error, "failed to open what a session missed; its threads are loaded anew");
    }
    for (at, event) in at.into_iter().zip(&mut events) {
        if opened.is_ok() || edge.keyring.try_open(std::slice::from_mut(event)) {
            missed[at].encode(event);
        } else {
            too_many.push(event.thread);
        }
    }
}

/// Reads what lies between the client's place and the snapshot in partitions that the ring does not cover. Threads of
/// which there is too much are named instead.
async fn from_views(
    edge: &Edge,
    memberships: &Memberships,
    from: &BTreeMap<Partition, Offset>,
    uncovered: &[Partition],
) -> Result<(Vec<Missed>, Vec<ThreadId>), CloseCode> {
    let only = |place: &dyn Fn(Partition) -> Offset| -> BTreeMap<Partition, Offset> {
        uncovered.iter().map(|&partition| (partition, place(partition))).collect()
    };
    let from = only(&|partition| from.get(&partition).copied().unwrap_or_default());
    let to = only(&|partition| memberships.progress.get(&partition).map_or(0, |progress| progress.next));
    let threads = memberships.threads.iter().filter(|membership| uncovered.contains(&membership.partition));
    // From the first event on, not only since the user last came in: an earlier stay may end in what was missed.
    let threads: Vec<_> = threads.map(|membership| Membership { joined_seq: 0, ..membership.clone() }).collect();
    let (mut missed, mut too_many) = (Vec::new(), Vec::new());
    let mut room_bytes = edge.config.hub.backlog_bytes_max;
    for threads in threads.chunks(THREADS_PER_READ_MAX) {
        if missed.len() >= EVENTS_MAX || room_bytes == 0 {
            too_many.extend(threads.iter().map(|membership| membership.thread));
            continue;
        }
        let some = Memberships { threads: threads.to_vec(), progress: memberships.progress.clone() };
        let limit = edge.config.hub.missed_per_thread_max;
        let read = edge.views.missed(&some, &from, &to, limit, room_bytes).await.map_err(|error| {
            tracing::warn!(error = %error, "a session was not resumed: what it missed cannot be read");
            CloseCode::Overload
        })?;
        too_many.extend(read.too_many);
        room_bytes = room_bytes.saturating_sub(read.rows.iter().map(|row| row.value.len()).sum());
        for row in &read.rows {
            match avro::decode_event(&row.value) {
                Ok((event, _)) => missed.push(of_row(row, event)),
                // A newer edge can read it: the client is to load the thread there.
                Err(DecodeError::UnknownSchema { .. }) => too_many.push(row.thread),
                Err(DecodeError::Corrupt(_)) => {}
            }
        }
    }
    Ok((missed, too_many))
}

fn of_row(row: &TimelineRow, event: Event) -> Missed {
    let TimelineRow { thread, position, .. } = *row;
    Missed::Row { thread, position, about: About::of(&event), event: Box::new(event), frame: None }
}

/// What fits into so many bytes, and the threads of which there is too much. Of these, what lies behind the snapshot
/// stays: a client that loads a thread anew from the views goes on there.
fn within(
    bytes_max: usize,
    memberships: &Memberships,
    missed: Vec<Missed>,
    too_many: Vec<ThreadId>,
) -> (Vec<Missed>, HashSet<ThreadId>) {
    let in_snapshot = |event: &Missed| {
        let Position { partition, offset, .. } = event.position();
        memberships.progress.get(&partition).is_some_and(|progress| offset < progress.next)
    };
    let (mut bytes, mut too_many) = (0, HashSet::from_iter(too_many));
    for event in missed.iter().filter(|event| in_snapshot(event)) {
        if !too_many.contains(&event.thread()) {
            bytes += event.frame().map_or(0, |frame| frame.len());
            if bytes > bytes_max {
                too_many.insert(event.thread());
            }
        }
    }
    let fits = |event: &Missed| !too_many.contains(&event.thread()) || !in_snapshot(event);
    (missed.into_iter().filter(fits).collect(), too_many)
}

/// Threads that had put the user out by the snapshot, where the event that says so is not among those gathered.
fn put_out(memberships: &Memberships, too_many: &HashSet<ThreadId>) -> HashSet<ThreadId> {
    let ended = memberships.threads.iter().filter(|membership| membership.role.is_none());
    ended.map(|membership| membership.thread).filter(|thread| too_many.contains(thread)).collect()
}

/// The frames of those events at whose position the user was in their thread, the one that removed the user included.
/// The user is `outside` of these threads before the first event.
fn visible(user: &UserId, missed: &[Missed], mut outside: HashSet<ThreadId>) -> Vec<Utf8Bytes> {
    // Before its first event about the user, a thread had the user exactly if that event puts the user out.
    let mut first = HashMap::new();
    for event in missed {
        if let Some(joins) = event.joins(user) {
            first.entry(event.thread()).or_insert(joins);
        }
    }
    outside.extend(first.into_iter().filter(|(_, joins)| *joins).map(|(thread, _)| thread));
    let mut frames = Vec::with_capacity(missed.len());
    for event in missed {
        let joins = event.joins(user);
        if joins == Some(true) {
            outside.remove(&event.thread());
        }
        if !outside.contains(&event.thread()) {
            frames.extend(event.frame().cloned());
        }
        if joins == Some(false) {
            outside.insert(event.thread());
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use threadline_domain::Timestamp;
    use threadline_domain::thread::Change;
    use uuid::Uuid;

    use super::*;

    fn row(thread: u128, about: About, text: &str) -> Missed {
        let position = Position { topic: Topic::Messages, partition: 0, offset: 0 };
        let thread = ThreadId(Uuid::from_u128(thread));
        let (actor, at, change) = (user("ann").into(), Timestamp(0), Change::ThreadArchived);
        let event = Box::new(Event { thread, seq: 1, actor, at, change });
        Missed::Row { thread, position, event, about, frame: Some(text.to_owned().into()) }
    }

    fn seen(missed: &[Missed]) -> String {
        seen_from(&[], missed)
    }

    fn seen_from(outside: &[u128], missed: &[Missed]) -> String {
        let outside = outside.iter().map(|&thread| ThreadId(Uuid::from_u128(thread))).collect();
        visible(&user("ann"), missed, outside).iter().map(|frame| frame.as_str().to_owned()).collect()
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn membership_counts_at_the_events_position() {
        let (added, removed) = (|| About::Added(user("ann")), || About::Removed(user("ann")));
        let nobody = || About::Nobody;
        assert_eq!(seen(&[row(1, nobody(), "a"), row(2, nobody(), "b")]), "ab");
        assert_eq!(seen(&[row(1, nobody(), "a"), row(1, added(), "+"), row(1, nobody(), "b")]), "+b");
        assert_eq!(seen(&[row(1, nobody(), "a"), row(1, removed(), "-"), row(1, nobody(), "b")]), "a-");
        let again = [row(1, removed(), "-"), row(1, nobody(), "x"), row(1, added(), "+"), row(1, nobody(), "y")];
        assert_eq!(seen(&again), "-+y");
        let created = About::Created([user("ben"), user("ann")].into());
        assert_eq!(seen(&[row(1, created, "c"), row(1, About::Added(user("cleo")), "o")]), "co");
        assert_eq!(seen(&[row(1, removed(), "-"), row(2, nobody(), "a"), row(1, nobody(), "x")]), "-a");
    }
    #[test]
    fn who_was_put_out_before_sees_nothing_until_let_in_again() {
        let nobody = || About::Nobody;
        assert_eq!(seen_from(&[1], &[row(1, nobody(), "x"), row(2, nobody(), "a")]), "a");
        let again = [row(1, nobody(), "x"), row(1, About::Added(user("ann")), "+"), row(1, nobody(), "a")];
        assert_eq!(seen_from(&[1], &again), "+a");
    }
}
