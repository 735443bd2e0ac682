//! What a client missed: from the place it names to the place at which its session joined.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::thread::Event;
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use threadline_hub::{Entry, Joined, Membership as MembershipChange, MembershipEffect, visible};
use threadline_projections::{Membership, Memberships, TimelineRow};
use threadline_wire::avro::{self, DecodeError};
use threadline_wire::{CloseCode, Cursor, NotACursor, Offsets, frame};

use crate::hub::{FOLLOWED, frame_of, membership_of};
use crate::session::SessionHandle;
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
    Place(Offsets),
    /// None that can be resumed from, for this reason.
    Unusable(&'static str),
}

impl Asked {
    pub(super) fn from(&self) -> Option<&Offsets> {
        match self {
            Self::Place(from) => Some(from),
            Self::Nothing | Self::Unusable(_) => None,
        }
    }

    /// The offsets in `messages`.
    pub(super) fn offsets_in_messages(&self) -> Option<BTreeMap<Partition, Offset>> {
        Some((0..).zip(self.from()?.get(&Topic::Messages)?.iter().copied()).collect())
    }
}

/// What a client gets behind its welcome.
pub(super) struct Backlog {
    /// Whether it was given everything that it missed.
    pub(super) recovered: bool,
    /// The threads of which it was not.
    pub(super) resyncs: Vec<Bytes>,
    /// What it missed.
    pub(super) events: Vec<Bytes>,
}

/// Reads a client's cursor.
pub(super) async fn place_of(edge: &Edge, cursor: Option<&str>) -> Result<Asked, CloseCode> {
    let Some(cursor) = cursor else { return Ok(Asked::Nothing) };
    let Cursor { log, next } = match cursor.parse() {
        Ok(cursor) => cursor,
        Err(NotACursor::Malformed) => return Ok(Asked::Unusable("bad_cursor")),
        Err(NotACursor::OtherVersion) => return Ok(Asked::Unusable("foreign_cursor")),
    };
    let names_all = |topic| next.get(&topic).map(Vec::len) == Some(edge.log.partitions(topic) as usize);
    if log != edge.hub.log() || next.len() != FOLLOWED.len() || !FOLLOWED.into_iter().all(names_all) {
        return Ok(Asked::Unusable("foreign_cursor"));
    }
    let place = edge.hub.cursor().next;
    for (&topic, offsets) in &next {
        let reached = place.get(&topic).map(Vec::as_slice).unwrap_or_default();
        if offsets.iter().zip(reached).all(|(asked, reached)| asked <= reached) && reached.len() == offsets.len() {
            continue;
        }
        // Another edge may have been ahead of this one, but none can be ahead of the log.
        let ends = edge.log.ends(topic).await.all().map_err(|error| {
            tracing::warn!(error = %error, "failed to resume a session: the log does not say where it ends");
            CloseCode::Overload
        })?;
        let is_ahead =
            |(partition, &offset): (Partition, &Offset)| ends.get(&partition).is_none_or(|&end| offset > end);
        if (0..).zip(offsets).any(is_ahead) {
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
    from: &Offsets,
    memberships: Memberships,
    joined: Joined<SessionHandle>,
) -> Result<Backlog, CloseCode> {
    let (result, reason) = match &asked {
        Asked::Nothing => ("fresh", None),
        Asked::Unusable(reason) => ("unusable", Some(*reason)),
        Asked::Place(_) if joined.uncovered.is_empty() => ("ring", None),
        Asked::Place(_) => ("views", None),
    };
    metrics::counter!("threadline_edge_resumes_total", "from" => result).increment(1);
    let Joined { missed: entries, uncovered, .. } = joined;
    // Only `messages` is followed so far: what a ring does not cover is read from the projection.
    let uncovered: Vec<_> = uncovered.into_iter().map(|(_, partition)| partition).collect();
    let mut too_many = Vec::new();
    let mut missed = Vec::new();
    if !uncovered.is_empty() {
        (missed, too_many) = from_views(edge, &memberships, from, &uncovered).await?;
    }
    missed.extend(entries.into_iter().map(Missed::Entry));
    open(edge, &mut missed, &mut too_many).await;
    let (missed, too_many) = within(edge.config.hub.backlog_bytes_max, &memberships, missed, too_many);
    let seen = visible(user, &missed, put_out(&memberships, &too_many));
    let events = seen.into_iter().filter_map(Missed::frame).collect();
    let too_many: Vec<_> = too_many.into_iter().collect();
    let (recovered, threads, reason) = match reason {
        Some(reason) => {
            let current = memberships.threads.iter().filter(|membership| membership.role.is_some());
            (false, current.map(|membership| membership.thread).collect(), reason)
        }
        None => (matches!(asked, Asked::Place(_)) && too_many.is_empty(), too_many, "too_old"),
    };
    let mut resyncs: Vec<Bytes> =
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
    Row { thread: ThreadId, position: Position, event: Box<Event>, membership: MembershipChange, frame: Option<Bytes> },
    /// From the ring.
    Entry(Arc<Entry>),
}

impl Missed {
    fn thread(&self) -> Option<ThreadId> {
        match self {
            Self::Row { thread, .. } => Some(*thread),
            Self::Entry(entry) => entry.thread(),
        }
    }

    fn position(&self) -> Position {
        match self {
            Self::Row { position, .. } => *position,
            Self::Entry(entry) => entry.event.position,
        }
    }

    fn frame(&self) -> Option<Bytes> {
        match self {
            Self::Row { frame, .. } => frame.clone(),
            Self::Entry(entry) => entry.frame(),
        }
    }

    /// The event, unless its frame is there already or it cannot be read.
    fn event(&self) -> Option<Event> {
        match self {
            Self::Row { event, .. } => Some((**event).clone()),
            Self::Entry(entry) if entry.frame().is_some() => None,
            Self::Entry(entry) => avro::decode_event(&entry.event.value).ok().map(|(event, _)| event),
        }
    }

    /// Encodes the frame of the event, which was opened.
    fn encode(&mut self, opened: &Event) {
        match self {
            Self::Row { position, frame, .. } => *frame = Some(frame_of(*position, opened)),
            Self::Entry(entry) => _ = entry.keep_frame(frame_of(entry.event.position, opened)),
        }
    }
}

impl threadline_hub::Missed for Missed {
    fn thread(&self) -> Option<ThreadId> {
        self.thread()
    }

    fn effect(&self, user: &UserId) -> MembershipEffect {
        match self {
            Self::Row { membership, .. } => membership.effect(user),
            Self::Entry(entry) => entry.event.membership.effect(user),
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
    from: &Offsets,
    uncovered: &[Partition],
) -> Result<(Vec<Missed>, Vec<ThreadId>), CloseCode> {
    let only = |place: &dyn Fn(Partition) -> Offset| -> BTreeMap<Partition, Offset> {
        uncovered.iter().map(|&partition| (partition, place(partition))).collect()
    };
    let messages = from.get(&Topic::Messages).map(Vec::as_slice).unwrap_or_default();
    let from = only(&|partition| messages.get(partition as usize).copied().unwrap_or_default());
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
    Missed::Row { thread, position, membership: membership_of(&event), event: Box::new(event), frame: None }
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
        let Some(thread) = event.thread() else { continue };
        if !too_many.contains(&thread) {
            bytes += event.frame().map_or(0, |frame| frame.len());
            if bytes > bytes_max {
                too_many.insert(thread);
            }
        }
    }
    let is_too_much = |event: &Missed| event.thread().is_some_and(|thread| too_many.contains(&thread));
    let fits = |event: &Missed| !is_too_much(event) || !in_snapshot(event);
    (missed.into_iter().filter(fits).collect(), too_many)
}

/// Threads that had put the user out by the snapshot, where the event that says so is not among those gathered.
fn put_out(memberships: &Memberships, too_many: &HashSet<ThreadId>) -> HashSet<ThreadId> {
    let ended = memberships.threads.iter().filter(|membership| membership.role.is_none());
    ended.map(|membership| membership.thread).filter(|thread| too_many.contains(thread)).collect()
}
