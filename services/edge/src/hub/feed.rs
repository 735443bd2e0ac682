//! From the tail of one event topic to the hub.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::{Offset, Partition, Position, ThreadId};
use threadline_eventlog::{Record, Stopped, TailBatch, codec, header, unknown_schema};
use threadline_hub::{Content, Lost, Outputs, Published};
use threadline_wire::frame;

use super::delivered::Delivered;
use super::events::{self, note_unread};
use super::held_answers::HeldAnswers;
use super::opening::{Opener, Read};
use super::shared::Core;
use crate::clock;
use crate::commands::Commands;
use crate::metrics;
use crate::session::SessionHandle;

/// Records between two flushes. More save writes, because a session gets all its frames of a flush in one write; fewer let the
/// first session wait less.
const RECORDS_PER_FLUSH_MAX: usize = 256;
/// Bytes of their values: a part of what a session's queue holds, so that a burst overflows none.
const BYTES_PER_FLUSH_MAX: usize = 64 * 1024;

/// Feeds the hub with the events of one aggregate.
pub(super) struct Feed<A: Delivered> {
    core: Arc<Core>,
    commands: Commands<A>,
    held: Arc<HeldAnswers<A>>,
    opener: Opener<A>,
    out: Outputs<SessionHandle>,
    /// Records published since the last flush, and bytes of their values.
    unflushed: usize,
    unflushed_bytes: usize,
    /// Partitions at a record that only a newer edge can read. Nothing further of them is delivered.
    stopped: Vec<Partition>,
    /// Where the topic ended at the start; `None` once the hub has caught up.
    ends: Option<BTreeMap<Partition, Offset>>,
}

impl<A: Delivered> Feed<A> {
    pub(super) fn new(
        core: &Arc<Core>,
        commands: Commands<A>,
        held: Arc<HeldAnswers<A>>,
        ends: BTreeMap<Partition, Offset>,
    ) -> Self {
        let mut feed = Self {
            core: Arc::clone(core),
            opener: Opener::new(Arc::clone(core), commands.clone()),
            commands,
            held,
            out: Outputs::default(),
            unflushed: 0,
            unflushed_bytes: 0,
            stopped: Vec::new(),
            ends: Some(ends),
        };
        feed.note_caught_up();
        feed
    }

    /// Publishes a batch. Its frames may stay in the sessions' queues until [`flush`](Self::flush).
    pub(super) async fn on_batch(&mut self, batch: &TailBatch) {
        if self.stopped.contains(&batch.partition) {
            return;
        }
        let (core, out) = (&self.core, &mut self.out);
        let mut read_ahead = self.opener.read_ahead(batch, || core.flush(out)).await;
        for record in batch.records.iter() {
            self.unflushed += 1;
            self.unflushed_bytes += record.value.as_ref().map_or(0, Bytes::len);
            if self.unflushed > RECORDS_PER_FLUSH_MAX || self.unflushed_bytes > BYTES_PER_FLUSH_MAX {
                self.flush();
            }
            if let Some(schema_id) = unknown_schema(record) {
                return self.stop(batch.partition, record, schema_id);
            }
            let position = Position { topic: A::EVENTS, partition: batch.partition, offset: record.offset };
            self.on_record(position, record, read_ahead.remove(&record.offset));
        }
        if let Some(last) = batch.records.last() {
            let lag_ms = clock::now().millis().saturating_sub(last.appended_at_ms).max(0);
            metrics::hub_lag_seconds().record(lag_ms as f64 / 1_000.0);
        }
    }

    /// Flushes the sessions and notifies the tasks that wait for the hub's progress.
    pub(super) fn flush(&mut self) {
        (self.unflushed, self.unflushed_bytes) = (0, 0);
        self.core.flush(&mut self.out);
        self.note_caught_up();
        self.core.moved.notify_waiters();
        self.held.release(&self.core, &self.commands);
    }

    /// Stops following a partition at a record that only a newer edge can read. `/readyz` names the record, so that clients
    /// are sent to an edge that can.
    fn stop(&mut self, partition: Partition, record: &Record, schema_id: u32) {
        self.stopped.push(partition);
        let position = Position { topic: A::EVENTS, partition, offset: record.offset };
        self.core.deps.stopped.stop(Stopped { position, schema_id });
        // Sessions wait for the other partitions alone.
        self.flush();
    }

    fn on_record(&mut self, position: Position, record: &Record, read_ahead: Option<Read<A>>) {
        let core = Arc::clone(&self.core);
        let hub = &core.hub;
        let skip = || hub.skip(position.topic, position.partition, position.offset);
        let (Some(id), Some(value)) = (A::id_of_record(record), &record.value) else {
            note_unread(record);
            return skip();
        };
        // The header saves decoding an event that concerns nobody here.
        let read_cause = || A::read_event(record).ok().map(|(_, cause)| cause);
        let Some(cause) = codec::cause_of(record).or_else(read_cause) else {
            note_unread(record);
            return skip();
        };
        if hub.is_duplicate(position.topic, position.partition, cause) {
            metrics::duplicates().increment(1);
            return skip();
        }
        let reply_to = record.headers.get(header::REPLY_TO);
        let request = reply_to.and_then(|reply_to| self.commands.request_of(reply_to));
        let thread = A::thread_of(id);
        let is_wanted = thread.is_some_and(|thread| hub.wants(thread));
        let read = match read_ahead {
            Some(read) => Some(read),
            None if !is_wanted && request.is_none() && self.publish_unread(position, record) => return,
            None => self.opener.read_now(record),
        };
        let Some(read) = read else { return self.lose(thread, position, cause, record) };
        let (Read::Opened(event) | Read::Unopened(event)) = &read;
        let to_publish = events::of_event::<A>(position, cause, event, value.clone());
        let content = if is_wanted { content_of(position, &read) } else { Content::NotEncoded };
        let mut published = hub.publish(to_publish, content, &mut self.out);
        if let Published::FrameWanted(event) = published {
            published = hub.publish(*event, content_of(position, &read), &mut self.out);
        }
        if let Published::Duplicate = published {
            return note_duplicate();
        }
        if let Some(request) = request {
            // Whoever asked finds the event before the answer.
            let (Read::Opened(event) | Read::Unopened(event)) = read;
            self.commands.happened(request, position, Arc::new(event));
        }
    }

    /// Publishes an event that nobody here needs, by its headers alone. False if somebody needs it after all, or if the
    /// headers do not say enough.
    fn publish_unread(&mut self, position: Position, record: &Record) -> bool {
        let Some(event) = events::of_headers::<A>(position, record) else { return false };
        match self.core.hub.publish(event, Content::NotEncoded, &mut self.out) {
            Published::Delivered => true,
            Published::Duplicate => {
                note_duplicate();
                true
            }
            Published::FrameWanted(_) => false,
        }
    }

    /// Passes over a corrupt event. Members of its thread are told to load the thread again; nobody knows the users that a
    /// corrupt event names.
    fn lose(&mut self, thread: Option<ThreadId>, position: Position, cause: Offset, record: &Record) {
        note_unread(record);
        let hub = &self.core.hub;
        match (thread, A::lost_event(record)) {
            (Some(thread), Some((lost, _))) => {
                let lost = Lost { thread, seq: lost.seq, number: lost.number, cause, offset: position.offset };
                let frame = frame::resync(&[thread], "unreadable").into();
                hub.lose(position.partition, &lost, &frame, &mut self.out);
            }
            _ => hub.skip(position.topic, position.partition, position.offset),
        }
    }

    /// Notes when everything has been read that the topic held at the start, but for partitions that stand still.
    fn note_caught_up(&mut self) {
        let Some(ends) = &self.ends else { return };
        let progress = self.core.hub.progress();
        let is_read = |partition, end| progress.next(A::EVENTS, partition) >= end || self.stopped.contains(&partition);
        if ends.iter().all(|(&partition, &end)| is_read(partition, end)) {
            self.ends = None;
            self.core.note_caught_up();
        }
    }
}

/// Encodes what live sessions receive.
fn content_of<A: Delivered>(position: Position, read: &Read<A>) -> Content {
    match read {
        Read::Opened(event) => Content::Frame(A::frame(position, event)),
        Read::Unopened(event) => Content::Substitute(resync::<A>(event)),
    }
}

fn resync<A: Delivered>(event: &A::Event) -> Bytes {
    frame::resync(A::thread_of(A::id_of_event(event)).as_slice(), "unavailable").into()
}

fn note_duplicate() {
    metrics::duplicates().increment(1);
}
