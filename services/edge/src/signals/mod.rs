//! Typing and presence: signals between edges, stored nowhere. Losing one is tolerable: typing ends by itself, and so
//! does the presence of an edge that is no longer heard of.

mod announcer;
mod interned;
mod presence;
mod summary;
mod told;
mod typing;

pub(crate) use announcer::Announcer;
pub(crate) use presence::{Change, Presence};
pub(crate) use summary::{LISTED_MAX, Summaries};
pub(crate) use told::Told;
pub(crate) use typing::{Typing, TypingChange};

use futures_util::FutureExt;
use threadline_domain::Topic;
use threadline_eventlog::{EventLog, Headers, NewRecord, Record, header};
use threadline_wire::Signal;
use threadline_wire::avro::{self, DecodeError};

use crate::metrics;

/// Appends a signal; nobody waits for it.
pub(crate) fn send(log: &dyn EventLog, signal: &Signal) {
    let key = match signal {
        Signal::Typing { thread, .. } => thread.to_string(),
        Signal::Presence { user, .. } => user.as_str().to_owned(),
        Signal::EdgeAlive { edge, .. } => edge.clone(),
    };
    let encoded = avro::encode_signal(signal);
    let headers = Headers::new().with(header::CE_TYPE, format!("threadline.{}", encoded.record));
    let appending = log.append(Topic::Signals, NewRecord { key: key.into(), value: Some(encoded.value), headers });
    if let Some(Err(error)) = appending.now_or_never() {
        metrics::signals_lost().increment(1);
        tracing::debug!(%error, "failed to send a signal: {error}");
    }
}

/// Reads a signal.
pub(crate) fn read(record: &Record) -> Result<Signal, DecodeError> {
    avro::decode_signal(record.value.as_deref().unwrap_or_default())
}
