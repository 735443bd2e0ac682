//! Records that could not be read or applied: the `dead-letters` topic.

use bytes::Bytes;
use threadline_domain::{Position, Topic};

use super::{DecodeError, Encoded, Output, Record, decode, misplaced};

/// A record that could not be read or applied, as it was, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the record is.
    pub position: Position,
    /// Why it could not be read or applied.
    pub reason: String,
    /// Its key's bytes.
    pub key: Bytes,
    /// Its value's bytes; `None` was a tombstone.
    pub value: Option<Bytes>,
}

/// Encodes a dead letter.
pub fn encode_dead_letter(letter: &DeadLetter) -> Encoded {
    let mut out = Output::new(Record::DeadLetter);
    out.put(&letter.position.topic.name().to_owned());
    out.put(&letter.position.partition);
    out.put(&letter.position.offset);
    out.put(&letter.reason);
    out.put(&letter.key);
    out.put(&letter.value);
    out.done()
}

/// Reads a dead letter.
pub fn decode_dead_letter(value: &[u8]) -> Result<DeadLetter, DecodeError> {
    decode(value, |record, input| {
        if record != Record::DeadLetter {
            return Err(misplaced("a dead letter"));
        }
        let name: String = input.field("topic")?;
        let topic =
            Topic::from_name(&name).ok_or_else(|| DecodeError::Corrupt(format!("topic: there is no {name:?}")))?;
        Ok(DeadLetter {
            position: Position { topic, partition: input.field("partition")?, offset: input.field("offset")? },
            reason: input.field("reason")?,
            key: input.field("key")?,
            value: input.field("value")?,
        })
    })
}
