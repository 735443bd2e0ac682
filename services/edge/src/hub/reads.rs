//! Read marks, from sessions to the log and from the log to sessions.
//!
//! The greatest mark counts, but a compacted log keeps the last one: so none is appended that is not greater than what is
//! known, and the greatest is appended again behind a lesser one that got in.

use axum::extract::ws::Utf8Bytes;
use threadline_domain::{Position, ReadMark, ThreadId, Timestamp, Topic};
use threadline_eventlog::{Record, TailBatch, codec};
use threadline_projections::ReadPlace;
use threadline_wire::frame;

use super::Asked;
use super::actor::Actor;
use super::feed::{thread_of, unread};
use crate::clock;
use crate::commands::Refused;
use crate::ws::answer;

/// Bytes of a thread's id as text, the start of the key of a read mark.
const THREAD_ID_BYTES: usize = 36;

/// The greatest mark of a user in a thread that has come, and where it lies.
pub(super) struct KnownMark {
    number: u64,
    at: Timestamp,
    position: Position,
}

impl Actor {
    pub(super) fn on_reads(&mut self, batch: &TailBatch) {
        for record in batch.records.iter() {
            let thread = record.key.get(..THREAD_ID_BYTES).and_then(thread_of);
            let Some(thread) = thread else { continue };
            match codec::read_read_mark(record) {
                Ok(mark) => self.on_mark(thread, mark, record),
                Err(_) => unread(record),
            }
        }
    }

    fn on_mark(&mut self, thread: ThreadId, mark: ReadMark, record: &Record) {
        let key = (thread, mark.user.clone());
        let known = self.reads.get(&key);
        if let Some(known) = known
            && (mark.number, mark.at) <= (known.number, known.at)
        {
            if (mark.number, mark.at) < (known.number, known.at) {
                let greatest = ReadMark { number: known.number, at: known.at, ..mark };
                self.append_again(greatest);
            }
            return;
        }
        let rises = mark.number > known.map_or(0, |known| known.number);
        let position = Position { topic: Topic::Reads, partition: record.partition, offset: record.offset };
        self.reads.put(key, KnownMark { number: mark.number, at: mark.at, position });
        if rises && self.index.thread(thread).is_some() {
            self.index.push(thread, None, &Utf8Bytes::from(frame::read(&mark)));
        }
    }

    fn append_again(&self, mark: ReadMark) {
        metrics::counter!("threadline_edge_marks_repeated_total").increment(1);
        let commands = self.deps.commands.clone();
        tokio::spawn(async move {
            if let Err(refused) = commands.mark_read(mark).await {
                tracing::warn!(reason = ?refused, "a read mark was not appended again: a rebuild may show a lesser one");
            }
        });
    }

    /// A session marks a thread as read.
    pub(super) fn on_read(&mut self, asked: Asked, thread: ThreadId, number: u64) {
        let Asked { user, session, id } = asked;
        if !self.index.is_member(&user, thread) {
            return session.finish(Some(answer::not_a_member(id)));
        }
        let exists = self.index.thread(thread).is_some_and(|local| number <= local.last_number);
        let known = self.reads.get(&(thread, user.clone()));
        if let Some(known) = known.filter(|known| exists && number <= known.number) {
            return session.finish(Some(answer::at(id.as_deref(), known.position)));
        }
        let ask_views = !exists || known.is_none();
        let place = self.deps.place.last(self.deps.commands.partition_of(thread));
        let (commands, views) = (self.deps.commands.clone(), self.deps.views.clone());
        let mark = ReadMark { thread, user, number, at: clock::now() };
        tokio::spawn(async move {
            if ask_views {
                // Someone who has just come in may know the thread better than this edge does.
                match views.read_place(&mark.user, thread).await {
                    Ok(Some(ReadPlace { number: read, .. })) if number <= read => {
                        return session.finish(Some(answer::at(id.as_deref(), place)));
                    }
                    Ok(Some(ReadPlace { last_number, .. })) if number <= last_number => {}
                    _ if exists => {}
                    Ok(_) => return session.finish(Some(answer::no_such_number(id))),
                    Err(error) => {
                        let refused = Refused::Unavailable(error.to_string());
                        return session.finish(Some(answer::refused(id, &refused)));
                    }
                }
            }
            session.finish(Some(match commands.mark_read(mark).await {
                Ok(position) => answer::at(id.as_deref(), position),
                Err(refused) => answer::refused(id, &refused),
            }));
        });
    }
}
