//! Read marks, from sessions to the log and from the log to sessions.
//!
//! The greatest mark counts, but a compacted log keeps the last one: so none is appended that is not greater than what is
//! known, and the greatest is appended again after a lesser one that got in.

use threadline_domain::{Position, ReadMark, ThreadId, Topic};
use threadline_eventlog::{Record, TailBatch, codec};
use threadline_hub::Outputs;
use threadline_projections::ReadState;
use threadline_wire::frame;

use super::events::{note_unread, thread_of};
use super::marks::KnownMark;
use super::requests::Requester;
use super::shared::Core;
use crate::clock;
use crate::commands::NoOutcome;
use crate::metrics;
use crate::session::SessionHandle;
use crate::ws::answer;

/// Bytes of a thread's id as text, the start of the key of a read mark.
const THREAD_ID_BYTES: usize = 36;

impl Core {
    /// Pushes the read marks of a batch that rise.
    pub(super) fn on_reads(&self, batch: &TailBatch) {
        let mut out = Outputs::default();
        for record in batch.records.iter() {
            let thread = record.key.get(..THREAD_ID_BYTES).and_then(thread_of);
            let Some(thread) = thread else { continue };
            match codec::read_read_mark(record) {
                Ok(mark) => self.on_mark(thread, &mark, record, &mut out),
                Err(_) => note_unread(record),
            }
        }
        self.flush(&mut out);
    }

    fn on_mark(&self, thread: ThreadId, mark: &ReadMark, record: &Record, out: &mut Outputs<SessionHandle>) {
        let key = (thread, mark.user.clone());
        let position = Position { topic: Topic::Reads, partition: record.partition, offset: record.offset };
        let came = self.with_reads(|reads| {
            let known = reads.get(&key).map(|known| (known.number, known.at));
            match known {
                Some(known) if (mark.number, mark.at) == known => Came::Again,
                Some((number, at)) if (mark.number, mark.at) < (number, at) => {
                    Came::Below(ReadMark { number, at, ..mark.clone() })
                }
                _ => {
                    let rises = mark.number > known.map_or(0, |(number, _)| number);
                    reads.put(key, KnownMark { number: mark.number, at: mark.at, position });
                    if rises { Came::Above } else { Came::Again }
                }
            }
        });
        match came {
            Came::Below(greatest) => self.append_again(greatest),
            Came::Above if self.hub.wants(thread) => self.hub.push(thread, None, &frame::read(mark).into(), out),
            Came::Again | Came::Above => {}
        }
    }

    fn append_again(&self, mark: ReadMark) {
        metrics::marks_repeated().increment(1);
        let appender = self.deps.appender.clone();
        tokio::spawn(async move {
            if let Err(no_outcome) = appender.mark_read(mark).await {
                tracing::warn!(
                    reason = ?no_outcome,
                    "failed to append a read mark again: {no_outcome:?}; a rebuild may show a lesser one"
                );
            }
        });
    }

    /// A session marks a thread as read.
    pub(super) fn on_read(&self, requester: Requester, thread: ThreadId, number: u64) {
        let Requester { user, session, id } = requester;
        if !self.hub.user(&user).is_some_and(|local| local.is_member(thread)) {
            return session.finish(Some(answer::not_a_member(id)));
        }
        let exists = self.hub.thread(thread).is_some_and(|state| number <= state.last_number);
        let known = self.with_reads(|reads| reads.get(&(thread, user.clone())).map(|known| KnownMark { ..*known }));
        if let Some(known) = known.as_ref().filter(|known| exists && number <= known.number) {
            return session.finish(Some(answer::at(id.as_deref(), known.position)));
        }
        let asks_projection = !exists || known.is_none();
        let position = self.last_position(thread);
        let (appender, conversations) = (self.deps.appender.clone(), self.deps.conversations.clone());
        let mark = ReadMark { thread, user, number, at: clock::now() };
        tokio::spawn(async move {
            if asks_projection {
                // Someone who has just come in may know the thread better than this edge does.
                match conversations.read_state(&mark.user, thread).await {
                    Ok(Some(ReadState { number: read, .. })) if number <= read => {
                        return session.finish(Some(answer::at(id.as_deref(), position)));
                    }
                    Ok(Some(ReadState { last_number, .. })) if number <= last_number => {}
                    _ if exists => {}
                    Ok(_) => return session.finish(Some(answer::no_such_number(id))),
                    Err(error) => {
                        let no_outcome = NoOutcome::Unavailable(error.to_string());
                        return session.finish(Some(answer::no_outcome(id, &no_outcome)));
                    }
                }
            }
            session.finish(Some(match appender.mark_read(mark).await {
                Ok(position) => answer::at(id.as_deref(), position),
                Err(no_outcome) => answer::no_outcome(id, &no_outcome),
            }));
        });
    }
}

/// What a read mark that comes is beside the known one.
enum Came {
    /// Known already.
    Again,
    /// Less than this one, which is appended again.
    Below(ReadMark),
    /// Greater.
    Above,
}
