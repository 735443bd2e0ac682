//! What comes out of the log: events and refusals.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use threadline_domain::thread::{Change, Event, EventKind, Outcome};
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use threadline_eventlog::codec::CommandReply;
use threadline_eventlog::{Record, Stopped, TailBatch, codec, header};
use threadline_wire::{avro, frame};
use uuid::Uuid;

use super::actor::Actor;
use super::opening::Read;
use super::{About, Entry};

/// Answers that wait for an event which this edge has not seen yet: thread, outcome, request.
pub(super) type Held = Vec<(ThreadId, Outcome, u64)>;

impl Actor {
    pub(super) async fn on_messages(&mut self, batch: &TailBatch) {
        if self.partitions[batch.partition as usize].is_stopped {
            return;
        }
        let mut read_ahead = self.read_ahead(batch).await;
        for record in batch.records.iter() {
            if let Some(schema_id) = record.value.as_deref().and_then(avro::unknown_schema) {
                return self.stop(batch.partition, record, schema_id);
            }
            self.on_message(batch.partition, record, read_ahead.remove(&record.offset));
            self.deps.place.advance(batch.partition, record.offset + 1);
        }
        if let Some(last) = batch.records.last() {
            let lag_ms = self.deps.place.note_lag(last.appended_at_ms);
            metrics::histogram!("threadline_edge_hub_lag_ms").record(lag_ms as f64);
        }
        if !self.deps.place.caught_up() {
            self.note_caught_up();
        }
        if !self.joining.is_empty() {
            self.retry_joins();
        }
        if !self.held.is_empty() {
            self.release_held();
        }
    }

    /// Stops following a partition at a record that only a newer edge can read. `/readyz` names the record, so that clients
    /// are sent to an edge that can.
    fn stop(&mut self, partition: Partition, record: &Record, schema_id: u32) {
        self.partitions[partition as usize].is_stopped = true;
        let position = Position { topic: Topic::Messages, partition, offset: record.offset };
        self.deps.stopped.stop(Stopped { position, schema_id });
    }

    /// Skips a corrupt event: tells the thread's members to reload the thread, and counts the seq and number that the event
    /// took.
    fn pass_over(&mut self, thread: ThreadId, record: &Record) {
        unread(record);
        if let (Some((lost, _)), Some(local)) = (codec::lost_event(record), self.index.thread_mut(thread)) {
            local.last_seq = local.last_seq.max(lost.seq);
            local.last_number = local.last_number.max(lost.number.unwrap_or_default());
            self.index.push(thread, None, &Utf8Bytes::from(frame::resync(&[thread], "unreadable")));
        }
    }

    fn on_message(&mut self, partition: Partition, record: &Record, read_ahead: Option<Read>) {
        let (Some(thread), Some(value)) = (thread_of(&record.key), &record.value) else { return unread(record) };
        // The header saves reading the value of an event that concerns nobody here.
        let read_cause = || codec::read_event(record).ok().map(|(_, cause)| cause);
        let Some(cause) = codec::cause_of(record).or_else(read_cause) else { return unread(record) };
        if self.is_duplicate(partition, cause) {
            return;
        }
        let request = record.headers.get(header::REPLY_TO).and_then(|reply_to| self.deps.commands.request_of(reply_to));
        let position = Position { topic: Topic::Messages, partition, offset: record.offset };
        let concerns_us = self.index.thread(thread).is_some() || request.is_some() || changes_membership(record);
        if !concerns_us {
            return self.keep(partition, Entry::new(position, thread, About::Nobody, value.clone()));
        }
        let read_now = || codec::read_event(record).ok().map(|(event, _)| self.opened(event));
        let (event, is_open) = match read_ahead.or_else(read_now) {
            Some(Read::Opened(event)) => (Arc::new(event), true),
            Some(Read::Unopened(event)) => (Arc::new(event), false),
            None => return self.pass_over(thread, record),
        };
        let entry = Entry::new(position, thread, About::of(&event), value.clone());
        // A second defence against duplicates, for those whose first is from before this hub's start.
        if self.index.thread(thread).is_some_and(|local| event.seq <= local.last_seq) {
            metrics::counter!("threadline_edge_duplicates_total").increment(1);
            return;
        }
        let frame = if is_open {
            entry.frame_of_opened(&event)
        } else {
            Utf8Bytes::from(frame::resync(&[thread], "unavailable"))
        };
        self.deliver(&entry, &event, &frame);
        self.keep(partition, entry);
        if let Some(request) = request {
            // Whoever asked finds the event in front of the answer.
            self.deps.commands.happened(request, position, event);
        }
    }

    fn is_duplicate(&mut self, partition: Partition, cause: Offset) -> bool {
        let last = &mut self.partitions[partition as usize].cause;
        if last.is_some_and(|last| cause <= last) {
            metrics::counter!("threadline_edge_duplicates_total").increment(1);
            return true;
        }
        *last = Some(cause);
        false
    }

    fn keep(&mut self, partition: Partition, entry: Entry) {
        self.partitions[partition as usize].ring.push(Arc::new(entry));
    }

    /// Puts the event's frame into the queue of everyone who is in the thread at its position.
    fn deliver(&mut self, entry: &Entry, event: &Event, frame: &Utf8Bytes) {
        let thread = event.thread;
        match &entry.about {
            About::Created(users) => users.iter().for_each(|user| self.came_in(user, event)),
            About::Added(user) => self.came_in(user, event),
            About::Removed(_) | About::Nobody => {}
        }
        if let About::Removed(user) = &entry.about {
            // Signals are kept of threads that nobody here is in, too.
            self.typing.stop(thread, user);
            self.presence.removed(thread, user);
        }
        let Some(local) = self.index.thread_mut(thread) else { return };
        local.last_seq = event.seq;
        if let Change::MessagePosted(posted) = &event.change {
            local.last_number = local.last_number.max(posted.number);
        }
        let deliveries = self.index.push(thread, None, frame);
        metrics::counter!("threadline_edge_deliveries_total").increment(deliveries as u64);
        if let About::Removed(user) = &entry.about {
            self.index.remove(user, thread);
        }
    }

    fn came_in(&mut self, user: &UserId, event: &Event) {
        if self.index.add(user, event.thread, (event.seq, 0)) {
            self.announcer.joined(user, event.thread);
            self.tell_newcomer(user, event.thread);
        }
    }

    pub(super) fn on_rejections(&mut self, batch: &TailBatch) {
        for record in batch.records.iter() {
            let reply_to = record.headers.get(header::REPLY_TO);
            let Some(request) = reply_to.and_then(|reply_to| self.deps.commands.request_of(reply_to)) else { continue };
            match codec::read_refusal(record) {
                Ok(refusal) => match refusal.reply {
                    CommandReply::AlreadyApplied(outcome) => self.settle(refusal.thread, outcome, request),
                    CommandReply::Rejected(_) | CommandReply::Unavailable { .. } => {
                        self.deps.commands.refused(request, refusal);
                    }
                },
                Err(_) => unread(record),
            }
        }
    }

    /// Answers for a command that changed nothing, behind the event that settled it: that may still be on its way here.
    fn settle(&mut self, thread: ThreadId, outcome: Outcome, request: u64) {
        match self.index.thread(thread) {
            Some(local) if local.last_seq < outcome.seq => self.held.push((thread, outcome, request)),
            Some(_) => {
                let position = self.deps.place.last(self.deps.commands.partition_of(thread));
                self.deps.commands.settled_before(request, outcome, Some(position));
            }
            None => self.deps.commands.settled_before(request, outcome, None),
        }
    }

    /// Gives the answers whose event has come; forgets those that nobody waits for any more.
    pub(super) fn release_held(&mut self) {
        for (thread, outcome, request) in std::mem::take(&mut self.held) {
            if self.deps.commands.waits(request) {
                self.settle(thread, outcome, request);
            }
        }
    }
}

pub(super) fn thread_of(key: &(impl AsRef<[u8]> + ?Sized)) -> Option<ThreadId> {
    Uuid::try_parse_ascii(key.as_ref()).ok().map(ThreadId)
}

/// Whether the event can concern a user who is in no thread of ours yet.
pub(super) fn changes_membership(record: &Record) -> bool {
    // Without a kind in the headers, the event itself has to tell.
    codec::event_kind_of(record).is_none_or(EventKind::changes_membership)
}

/// A record that cannot be read is passed over here; the projector keeps it with its reason.
pub(super) fn unread(record: &Record) {
    metrics::counter!("threadline_edge_unread_records_total").increment(1);
    tracing::warn!(record.partition = record.partition, record.offset = record.offset, "a record cannot be read");
}
