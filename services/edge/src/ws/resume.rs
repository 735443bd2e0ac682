//! What a client missed: from the offsets of its cursor to those at which its session joined.
//!
//! ```text
//! cursor ......... snapshot ......... joined ──▶ live
//!   ring covers the cursor:    all from the ring
//!   it does not:               the timeline up to the snapshot, then the ring
//!   too much, or not resumable: resync, the client reloads those threads
//! ```
//!
//! Guarantees, by decisions 2 and 18: every event that the user may see is in the backlog or its thread is in a resync;
//! events of a thread are in order; a cursor of another log or version, or ahead of the log, is no error but a resync.
//! Fails with a close code that lets the client reconnect when log or projections do not answer. A client that is cut
//! off before it has the backlog asks with its old cursor again.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use threadline_domain::thread::Thread;
use threadline_domain::{Offset, Partition, ThreadId, UserId};
use threadline_eventlog::LoggedAggregate;
use threadline_hub::{Joined, visible};
use threadline_projections::{Membership, Memberships};
use threadline_wire::avro::{self, DecodeError};
use threadline_wire::{CloseCode, Cursor, NotACursor, Offsets, frame};

use super::missed::{self, Gaps, Missed};
use crate::metrics;
use crate::session::SessionHandle;
use crate::state::Edge;

/// Threads whose missed events are read from the projections at once.
const THREADS_PER_READ_MAX: usize = 64;
/// Threads in one resync frame.
const THREADS_PER_RESYNC_MAX: usize = 500;

/// Where a client wants to resume.
pub(super) enum ResumePoint {
    /// No cursor: a client that starts.
    Nothing,
    /// Offsets in this log.
    At(Offsets),
    /// Not resumable, for this reason; the client gets a resync.
    Unusable(&'static str),
}

impl ResumePoint {
    pub(super) fn from(&self) -> Option<&Offsets> {
        match self {
            Self::At(from) => Some(from),
            Self::Nothing | Self::Unusable(_) => None,
        }
    }

    /// The offsets in `messages`.
    pub(super) fn offsets_in_messages(&self) -> Option<BTreeMap<Partition, Offset>> {
        Some((0..).zip(self.from()?.get(&Thread::EVENTS)?.iter().copied()).collect())
    }
}

/// The frames after a welcome.
pub(super) struct Backlog {
    /// Whether it has everything that the client missed.
    pub(super) recovered: bool,
    /// The resync frames of the other threads.
    pub(super) resyncs: Vec<Bytes>,
    /// What it missed.
    pub(super) events: Vec<Bytes>,
}

/// Reads a client's cursor.
pub(super) async fn read_cursor(edge: &Edge, cursor: Option<&str>) -> Result<ResumePoint, CloseCode> {
    let Some(cursor) = cursor else { return Ok(ResumePoint::Nothing) };
    let Cursor { log, next } = match cursor.parse() {
        Ok(cursor) => cursor,
        Err(NotACursor::Malformed) => return Ok(ResumePoint::Unusable("bad_cursor")),
        Err(NotACursor::OtherVersion) => return Ok(ResumePoint::Unusable("foreign_cursor")),
    };
    let names_all = |topic| next.get(&topic).map(Vec::len) == Some(edge.log.partitions(topic) as usize);
    let followed = edge.hub.followed().topics();
    if log != edge.hub.log() || next.len() != followed.len() || !followed.into_iter().all(names_all) {
        return Ok(ResumePoint::Unusable("foreign_cursor"));
    }
    let reached = edge.hub.cursor().next;
    for (&topic, offsets) in &next {
        let reached = reached.get(&topic).map(Vec::as_slice).unwrap_or_default();
        if offsets.iter().zip(reached).all(|(asked, reached)| asked <= reached) && reached.len() == offsets.len() {
            continue;
        }
        // Another edge may have been ahead of this one, but none can be ahead of the log.
        let ends = edge.log.ends(topic).await.all().map_err(|error| {
            tracing::warn!(
                %error,
                "failed to ask the log where it ends: {error}; the session is closed, the client reconnects"
            );
            CloseCode::Overload
        })?;
        let is_ahead =
            |(partition, &offset): (Partition, &Offset)| ends.get(&partition).is_none_or(|&end| offset > end);
        if (0..).zip(offsets).any(is_ahead) {
            return Ok(ResumePoint::Unusable("foreign_cursor"));
        }
    }
    Ok(ResumePoint::At(next))
}

/// Collects what a session missed between `from` and its join. For a client that starts, `from` is the snapshot's own
/// offsets, so that it can continue without a gap whatever it then reads from the projections.
pub(super) async fn backlog(
    edge: &Edge,
    user: &UserId,
    point: ResumePoint,
    from: &Offsets,
    memberships: Memberships,
    joined: Joined<SessionHandle>,
) -> Result<Backlog, CloseCode> {
    let (result, reason) = match &point {
        ResumePoint::Nothing => ("fresh", None),
        ResumePoint::Unusable(reason) => ("unusable", Some(*reason)),
        ResumePoint::At(_) if joined.uncovered.is_empty() => ("ring", None),
        ResumePoint::At(_) => ("projections", None),
    };
    metrics::resumes(result).increment(1);
    let Joined { missed: entries, uncovered, .. } = joined;
    let mut gaps = Gaps::default();
    let mut missed = Vec::new();
    // What a ring of `messages` does not cover is read from the projection. Of other topics only the rings are read.
    let (in_projection, elsewhere): (Vec<_>, Vec<_>) =
        uncovered.into_iter().partition(|(topic, _)| *topic == Thread::EVENTS);
    gaps.has_others = !elsewhere.is_empty();
    if !in_projection.is_empty() {
        let partitions: Vec<_> = in_projection.into_iter().map(|(_, partition)| partition).collect();
        missed = from_projection(edge, &memberships, from, &partitions, &mut gaps).await?;
    }
    missed.extend(entries.into_iter().map(Missed::Entry));
    missed::withhold_superseded(&mut missed);
    missed::open(edge, &mut missed, &mut gaps).await;
    let missed = missed::within(edge.config.hub.backlog_bytes_max, &memberships, missed, &mut gaps);
    let seen = visible(user, &missed, outside_at_start(&memberships, &gaps.threads));
    let events = seen.into_iter().filter_map(Missed::frame).collect();
    let (recovered, threads, reason): (_, Vec<_>, _) = if let Some(reason) = reason {
        let current = memberships.threads.iter().filter(|membership| membership.role.is_some());
        (false, current.map(|membership| membership.thread).collect(), reason)
    } else {
        let recovered = matches!(point, ResumePoint::At(_)) && gaps.is_empty();
        (recovered, gaps.threads.into_iter().collect(), "too_old")
    };
    let mut resyncs: Vec<Bytes> =
        threads.chunks(THREADS_PER_RESYNC_MAX).map(|threads| frame::resync(threads, reason).into()).collect();
    if (resyncs.is_empty() && matches!(point, ResumePoint::Unusable(_))) || gaps.has_others {
        // No thread to name, but the client must load something again: its cursor was of no use, or events are missing that
        // belong to no thread.
        resyncs.push(frame::resync(&[], reason).into());
    }
    Ok(Backlog { recovered, resyncs, events })
}

/// Reads what lies between the client's cursor and the snapshot in partitions that the ring does not cover. Threads of
/// which there is too much go to the gaps.
async fn from_projection(
    edge: &Edge,
    memberships: &Memberships,
    from: &Offsets,
    uncovered: &[Partition],
    gaps: &mut Gaps,
) -> Result<Vec<Missed>, CloseCode> {
    let only = |offset: &dyn Fn(Partition) -> Offset| -> BTreeMap<Partition, Offset> {
        uncovered.iter().map(|&partition| (partition, offset(partition))).collect()
    };
    let messages = from.get(&Thread::EVENTS).map(Vec::as_slice).unwrap_or_default();
    let from = only(&|partition| messages.get(partition as usize).copied().unwrap_or_default());
    let to = only(&|partition| memberships.progress.get(&partition).map_or(0, |progress| progress.next));
    let threads = memberships.threads.iter().filter(|membership| uncovered.contains(&membership.partition));
    // From the first event on, not only since the user last came in: an earlier stay may end in what was missed.
    let threads: Vec<_> = threads.map(|membership| Membership { joined_seq: 0, ..membership.clone() }).collect();
    let mut missed = Vec::new();
    let mut room_bytes = edge.config.hub.backlog_bytes_max;
    for threads in threads.chunks(THREADS_PER_READ_MAX) {
        if missed.len() >= edge.config.hub.missed_max || room_bytes == 0 {
            gaps.threads.extend(threads.iter().map(|membership| membership.thread));
            continue;
        }
        let some = Memberships { threads: threads.to_vec(), progress: memberships.progress.clone() };
        let limit = edge.config.hub.missed_per_thread_max;
        let read = edge.conversations.missed(&some, &from, &to, limit, room_bytes).await.map_err(|error| {
            tracing::warn!(
                %error,
                "failed to read what a session missed: {error}; it is closed, the client reconnects"
            );
            CloseCode::Overload
        })?;
        gaps.threads.extend(read.too_many);
        room_bytes = room_bytes.saturating_sub(read.rows.iter().map(|row| row.value.len()).sum());
        for row in &read.rows {
            match avro::decode_event(&row.value) {
                Ok((event, _)) => missed.push(Missed::of_row(row, event)),
                // A newer edge can read it: the client is to load the thread there.
                Err(DecodeError::UnknownSchema { .. }) => _ = gaps.threads.insert(row.thread),
                Err(DecodeError::Corrupt(_)) => {}
            }
        }
    }
    Ok(missed)
}

/// Threads that had put the user out by the snapshot, where the event that says so is not among those gathered.
fn outside_at_start(memberships: &Memberships, too_many: &HashSet<ThreadId>) -> HashSet<ThreadId> {
    let ended = memberships.threads.iter().filter(|membership| membership.role.is_none());
    ended.map(|membership| membership.thread).filter(|thread| too_many.contains(thread)).collect()
}
