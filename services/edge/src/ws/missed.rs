//! Events that a resuming session may have missed: from the projections, or from a ring.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::thread::{Event, TextParts, Thread};
use threadline_domain::{Position, ThreadId, UserId};
use threadline_eventlog::LoggedAggregate;
use threadline_hub::{Entry, Membership as MembershipChange, MembershipEffect};
use threadline_projections::{Memberships, TimelineRow};

use crate::hub::Delivered;
use crate::state::Edge;

/// What a session missed and does not receive: the client loads it again.
#[derive(Default)]
pub(super) struct Gaps {
    /// Threads of which events are missing.
    pub(super) threads: HashSet<ThreadId>,
    /// Whether events are missing that name their users, and so belong to no thread.
    pub(super) has_others: bool,
}

impl Gaps {
    /// Notes that an event is missing.
    fn add(&mut self, thread: Option<ThreadId>) {
        match thread {
            Some(thread) => _ = self.threads.insert(thread),
            None => self.has_others = true,
        }
    }

    /// Returns whether nothing is missing.
    pub(super) fn is_empty(&self) -> bool {
        self.threads.is_empty() && !self.has_others
    }
}

/// An event that may have been missed.
pub(super) enum Missed {
    /// From the projections; without a frame until its event was opened.
    Row { thread: ThreadId, position: Position, event: Box<Event>, membership: MembershipChange, frame: Option<Bytes> },
    /// From the ring.
    Entry(Arc<Entry>),
}

impl Missed {
    /// Makes it of a row of the projections and its event, without text that was replaced or deleted later.
    pub(super) fn of_row(row: &TimelineRow, mut event: Event) -> Self {
        let TimelineRow { thread, position, withheld, .. } = *row;
        event.withhold(withheld);
        Self::Row { thread, position, membership: Thread::membership(&event), event: Box::new(event), frame: None }
    }

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

    /// Returns the frame, once the event was opened.
    pub(super) fn frame(&self) -> Option<Bytes> {
        match self {
            Self::Row { frame, .. } => frame.clone(),
            Self::Entry(entry) => entry.frame(),
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

/// Withholds from rows of the projections the text that ring entries replace or delete. The rings are ahead of the projections.
pub(super) fn withhold_superseded(missed: &mut [Missed]) {
    let mut superseded = HashMap::<_, TextParts>::new();
    for entry in missed.iter() {
        if let Missed::Entry(entry) = entry
            && let (Some(thread), Some(change)) = (entry.thread(), entry.event.text_change)
            && !change.supersedes.is_empty()
        {
            let parts = superseded.entry((thread, change.number)).or_default();
            *parts = parts.or(change.supersedes);
        }
    }
    if superseded.is_empty() {
        return;
    }
    for row in missed {
        if let Missed::Row { thread, event, .. } = row
            && let Some(change) = event.change.text_change()
            && let Some(parts) = superseded.get(&(*thread, change.number))
        {
            event.withhold(*parts);
        }
    }
}

/// Opens and encodes all events that have no frame yet. Those whose keys are unavailable go to the gaps.
pub(super) async fn open(edge: &Edge, missed: &mut [Missed], gaps: &mut Gaps) {
    open_rows(edge, missed, gaps).await;
    let entries = missed.iter().filter_map(|missed| match missed {
        Missed::Entry(entry) if entry.frame().is_none() => Some(Arc::clone(entry)),
        _ => None,
    });
    for entry in edge.hub.followed().encode(&edge.keyring, entries.collect()).await {
        gaps.add(entry.thread());
    }
}

async fn open_rows(edge: &Edge, missed: &mut [Missed], gaps: &mut Gaps) {
    let event_of = |missed: &Missed| match missed {
        Missed::Row { event, .. } => Some((**event).clone()),
        Missed::Entry(_) => None,
    };
    let (at, mut events): (Vec<_>, Vec<_>) =
        missed.iter().enumerate().filter_map(|(at, missed)| event_of(missed).map(|event| (at, event))).unzip();
    let opened = edge.keyring.open(&mut events).await;
    if let Err(error) = &opened {
        tracing::warn!(%error, "failed to open what a session missed: {error}; the client reloads its threads");
    }
    for (at, event) in at.into_iter().zip(&mut events) {
        if opened.is_err() && !edge.keyring.try_open(std::slice::from_mut(event)) {
            gaps.add(Some(event.thread));
        } else if let Missed::Row { position, frame, .. } = &mut missed[at] {
            *frame = Some(Thread::frame(*position, event));
        }
    }
}

/// Returns what fits into so many bytes; the rest goes to the gaps. Of a thread with a gap, what follows the snapshot
/// stays: a client that loads the thread again from the projections goes on there. Events without a thread stay all or none.
pub(super) fn within(bytes_max: usize, memberships: &Memberships, missed: Vec<Missed>, gaps: &mut Gaps) -> Vec<Missed> {
    let in_snapshot = |event: &Missed| {
        let Position { topic, partition, offset } = event.position();
        topic == Thread::EVENTS && memberships.progress.get(&partition).is_some_and(|progress| offset < progress.next)
    };
    let mut bytes = 0;
    for event in missed.iter().filter(|event| event.thread().is_none() || in_snapshot(event)) {
        let thread = event.thread();
        if thread.is_none_or(|thread| !gaps.threads.contains(&thread)) {
            bytes += event.frame().map_or(0, |frame| frame.len());
            if bytes > bytes_max {
                gaps.add(thread);
            }
        }
    }
    let fits = |event: &Missed| match event.thread() {
        Some(thread) => !gaps.threads.contains(&thread) || !in_snapshot(event),
        None => !gaps.has_others,
    };
    missed.into_iter().filter(fits).collect()
}
