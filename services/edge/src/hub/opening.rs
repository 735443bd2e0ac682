//! Between the log and the sockets: decodes the events that concern a local session and opens their texts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadline_domain::Offset;
use threadline_eventlog::{Record, TailBatch, header};

use super::delivered::Delivered;
use super::shared::Core;
use crate::commands::Commands;

/// How long the edge does not fetch keys after it failed to.
const FETCH_PAUSE: Duration = Duration::from_secs(1);

/// A decoded event.
pub(super) enum Read<A: Delivered> {
    /// Its texts are open, or erased for good.
    Opened(A::Event),
    /// The edge cannot get its keys now: members load the thread again.
    Unopened(A::Event),
}

/// Decoded events by offset.
pub(super) type ReadAhead<A> = HashMap<Offset, Read<A>>;

/// Decodes and opens the events of one aggregate.
pub(super) struct Opener<A: Delivered> {
    core: Arc<Core>,
    commands: Commands<A>,
    /// No keys are fetched until then, because fetching has failed.
    keys_away_until: Option<Instant>,
}

impl<A: Delivered> Opener<A> {
    pub(super) fn new(core: Arc<Core>, commands: Commands<A>) -> Self {
        Self { core, commands, keys_away_until: None }
    }

    /// Decodes and opens those events of a batch that concern a local session. Fetches all keys that are not in memory at
    /// once, and calls `before_wait` first. A log that is not sealed has nothing to open.
    pub(super) async fn read_ahead(&mut self, batch: &TailBatch, before_wait: impl FnOnce()) -> ReadAhead<A> {
        let keyring = &self.core.deps.keyring;
        if !keyring.seals() {
            return ReadAhead::new();
        }
        let (offsets, mut events): (Vec<_>, Vec<_>) = batch
            .records
            .iter()
            .filter(|record| self.concerns_us(record))
            .filter_map(|record| A::read_event(record).ok().map(|(event, _)| (record.offset, event)))
            .unzip();
        if !keyring.try_open(&mut events) && self.keys_away_until.is_none_or(|until| Instant::now() >= until) {
            before_wait();
            let opened = tokio::time::timeout(self.core.deps.config.hub.keys_wait, keyring.open(&mut events)).await;
            let is_open = matches!(opened, Ok(Ok(())));
            if let Ok(Err(error)) = opened {
                tracing::warn!(%error, "failed to open events: {error}; members load their threads again");
            }
            self.keys_away_until = (!is_open).then(|| Instant::now() + FETCH_PAUSE);
        }
        let read = events.into_iter().map(|event| self.open_now(event));
        offsets.into_iter().zip(read).collect()
    }

    /// Returns whether a local session may need the event of this record, or waits for it.
    pub(super) fn concerns_us(&self, record: &Record) -> bool {
        let reply_to = record.headers.get(header::REPLY_TO);
        A::id_of_record(record).and_then(A::thread_of).is_some_and(|thread| self.core.hub.wants(thread))
            || reply_to.is_some_and(|reply_to| self.commands.request_of(reply_to).is_some())
            || A::names_users(record)
    }

    /// Decodes one record and opens it with the keys in memory; `None` if it is corrupt.
    pub(super) fn read_now(&self, record: &Record) -> Option<Read<A>> {
        A::read_event(record).ok().map(|(event, _)| self.open_now(event))
    }

    fn open_now(&self, event: A::Event) -> Read<A> {
        let mut events = [event];
        let is_open = self.core.deps.keyring.try_open(&mut events);
        let [event] = events;
        if is_open { Read::Opened(event) } else { Read::Unopened(event) }
    }
}
