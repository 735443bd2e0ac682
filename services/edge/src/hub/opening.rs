//! Between the log and the sockets: reading the events that concern somebody here, and opening their texts.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use threadline_domain::Offset;
use threadline_domain::thread::Event;
use threadline_eventlog::{TailBatch, codec, header};

use super::actor::Actor;
use super::feed::{changes_membership, thread_of};

/// How long the events of all threads wait for the keys of one.
const OPEN_WAIT: Duration = Duration::from_millis(500);
/// After keys could not be fetched, how long events whose keys are not in memory go without.
const FETCH_PAUSE: Duration = Duration::from_secs(1);

/// An event that was read.
pub(super) enum Read {
    /// Its texts are open, or erased for ever.
    Opened(Event),
    /// Its keys cannot be had now: who is in its thread has to load the thread anew.
    Unopened(Event),
}

/// Events that were read ahead, by offset.
pub(super) type ReadAhead = HashMap<Offset, Read>;

impl Actor {
    /// Reads and opens those events of a batch that concern somebody here. All keys that are not in memory are fetched at
    /// once. A log that is not sealed has nothing to open.
    pub(super) async fn read_ahead(&mut self, batch: &TailBatch) -> ReadAhead {
        if !self.deps.keyring.seals() {
            return ReadAhead::new();
        }
        let (offsets, mut events): (Vec<_>, Vec<_>) = batch
            .records
            .iter()
            .filter(|record| {
                let reply_to = record.headers.get(header::REPLY_TO);
                thread_of(&record.key).is_some_and(|thread| self.index.thread(thread).is_some())
                    || reply_to.is_some_and(|reply_to| self.deps.commands.request_of(reply_to).is_some())
                    || changes_membership(record)
            })
            .filter_map(|record| codec::read_event(record).ok().map(|(event, _)| (record.offset, event)))
            .unzip();
        if !self.deps.keyring.try_open(&mut events) && self.keys_away_until.is_none_or(|until| Instant::now() >= until)
        {
            let opened = tokio::time::timeout(OPEN_WAIT, self.deps.keyring.open(&mut events)).await;
            let is_open = matches!(opened, Ok(Ok(())));
            if let Ok(Err(error)) = opened {
                tracing::warn!(%error, "failed to open events; their threads are loaded anew");
            }
            self.keys_away_until = (!is_open).then(|| Instant::now() + FETCH_PAUSE);
        }
        let read = events.into_iter().map(|event| self.opened(event));
        offsets.into_iter().zip(read).collect()
    }

    /// Opens one event with the keys in memory.
    pub(super) fn opened(&self, event: Event) -> Read {
        let mut events = [event];
        let is_open = self.deps.keyring.try_open(&mut events);
        let [event] = events;
        if is_open { Read::Opened(event) } else { Read::Unopened(event) }
    }
}
