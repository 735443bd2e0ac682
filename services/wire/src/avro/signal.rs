//! Signals between edges: the `signals` topic.

use crate::{PresenceStatus, Signal};

use super::binary::Value;
use super::{DecodeError, Encoded, Input, Output, Record, decode, misplaced};

/// Encodes a signal.
pub fn encode_signal(signal: &Signal) -> Encoded {
    match signal {
        Signal::Typing { thread, user, active } => {
            let mut out = Output::new(Record::Typing);
            out.put(thread);
            out.put(user);
            out.put(active);
            out.done()
        }
        Signal::Presence { edge, user, status, threads } => {
            let mut out = Output::new(Record::Presence);
            out.put(edge);
            out.put(user);
            out.put(status);
            out.put(threads);
            out.done()
        }
        Signal::EdgeAlive { edge, started } => {
            let mut out = Output::new(Record::EdgeAlive);
            out.put(edge);
            out.put(started);
            out.done()
        }
    }
}

/// Reads a signal.
pub fn decode_signal(value: &[u8]) -> Result<Signal, DecodeError> {
    decode(value, |record, input| match record {
        Record::Typing => Ok(Signal::Typing {
            thread: input.field("thread")?,
            user: input.field("user")?,
            active: input.field("active")?,
        }),
        Record::Presence => Ok(Signal::Presence {
            edge: input.field("edge")?,
            user: input.field("user")?,
            status: input.field("status")?,
            threads: input.field("threads")?,
        }),
        Record::EdgeAlive => Ok(Signal::EdgeAlive { edge: input.field("edge")?, started: input.field("started")? }),
        _ => Err(misplaced("a signal")),
    })
}

impl Value for PresenceStatus {
    fn put(&self, out: &mut Vec<u8>) {
        self.name().to_owned().put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let name = String::get(input)?;
        Self::from_name(&name).ok_or_else(|| DecodeError::Corrupt(format!("{name:?} is not a presence")))
    }
}
