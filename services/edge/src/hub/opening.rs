//! Between the log and the sockets: decodes the events that concern a local session and opens their texts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadline_domain::Offset;
use threadline_domain::thread::Event;
use threadline_eventlog::{Record, TailBatch, codec, header};

use super::events::{changes_membership, thread_of};
use super::shared::Core;

/// How long the events of all threads wait for the keys of one.
const OPEN_WAIT: Duration = Duration::from_millis(500);
/// How long the edge does not fetch keys after it failed to.
const FETCH_PAUSE: Duration = Duration::from_secs(1);

/// A decoded event.
pub(super) enum Read {
    /// Its texts are open, or erased for good.
    Opened(Event),
    /// The edge cannot get its keys now: members load the thread again.
    Unopened(Event),
}

/// Decoded events by offset.
pub(super) type ReadAhead = HashMap<Offset, Read>;

/// Decodes and opens events.
pub(super) struct Opener {
    core: Arc<Core>,
    /// No keys are fetched until then, because fetching has failed.
    keys_away_until: Option<Instant>,
}

impl Opener {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core, keys_away_until: None }
    }

    /// Decodes and opens those events of a batch that concern a local session. Fetches all keys that are not in memory at
    /// once. A log that is not sealed has nothing to open.
    pub(super) async fn read_ahead(&mut self, batch: &TailBatch) -> ReadAhead {
        let keyring = &self.core.deps.keyring;
        if !keyring.seals() {
            return ReadAhead::new();
        }
        let (offsets, mut events): (Vec<_>, Vec<_>) = batch
            .records
            .iter()
            .filter(|record| self.concerns_us(record))
            .filter_map(|record| codec::read_event(record).ok().map(|(event, _)| (record.offset, event)))
            .unzip();
        if !keyring.try_open(&mut events) && self.keys_away_until.is_none_or(|until| Instant::now() >= until) {
            let opened = tokio::time::timeout(OPEN_WAIT, keyring.open(&mut events)).await;
            let is_open = matches!(opened, Ok(Ok(())));
            if let Ok(Err(error)) = opened {
                tracing::warn!(%error, "failed to open events; members load their threads again");
            }
            self.keys_away_until = (!is_open).then(|| Instant::now() + FETCH_PAUSE);
        }
        let read = events.into_iter().map(|event| self.open_now(event));
        offsets.into_iter().zip(read).collect()
    }

    /// Returns whether a local session may need the event of this record, or waits for it.
    pub(super) fn concerns_us(&self, record: &Record) -> bool {
        let reply_to = record.headers.get(header::REPLY_TO);
        thread_of(&record.key).is_some_and(|thread| self.core.hub.wants(thread))
            || reply_to.is_some_and(|reply_to| self.core.deps.commands.request_of(reply_to).is_some())
            || changes_membership(record)
    }

    /// Decodes one record and opens it with the keys in memory; `None` if it is corrupt.
    pub(super) fn read_now(&self, record: &Record) -> Option<Read> {
        codec::read_event(record).ok().map(|(event, _)| self.open_now(event))
    }

    fn open_now(&self, event: Event) -> Read {
        let mut events = [event];
        let is_open = self.core.deps.keyring.try_open(&mut events);
        let [event] = events;
        if is_open { Read::Opened(event) } else { Read::Unopened(event) }
    }
}
