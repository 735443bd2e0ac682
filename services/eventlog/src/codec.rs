//! Typed records that belong to no aggregate, and what the records of all aggregates share.

use bytes::Bytes;
use threadline_domain::thread::EventKind;
use threadline_domain::{ReadMark, UserProfile};
use threadline_wire::avro::{self, Encoded};
pub use threadline_wire::avro::{CommandReply, DeadLetter, DecodeError, Refusal};

use crate::{Headers, NewRecord, Offset, Position, Record, Topic, header};

/// The prefix of our records' CloudEvents types.
const CE_TYPE_PREFIX: &str = "threadline.";
/// Characters of a reason that a dead letter keeps.
const LETTER_REASON_CHARS_MAX: usize = 500;
/// Bytes of a key that a dead letter keeps.
const LETTER_KEY_BYTES_MAX: usize = 1_000;
/// Bytes of the largest value that a dead letter keeps.
const LETTER_VALUE_BYTES_MAX: usize = 1_000_000;

/// What an event or refusal copies from its command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Who waits for the outcome: `<edge>/<request>`.
    pub reply_to: Option<Bytes>,
    /// W3C trace context.
    pub traceparent: Option<Bytes>,
}

impl Context {
    /// Reads it from a record's headers.
    pub fn of(record: &Record) -> Self {
        let owned = |name| record.headers.get(name).map(Bytes::copy_from_slice);
        Self { reply_to: owned(header::REPLY_TO), traceparent: owned(header::TRACEPARENT) }
    }

    /// Returns the id of the trace, 32 hexadecimal digits; empty when there is none.
    pub fn trace_id(&self) -> &str {
        let traceparent = self.traceparent.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        traceparent.and_then(|text| text.split('-').nth(1)).unwrap_or_default()
    }

    pub(crate) fn headers(&self, encoded: &Encoded) -> Headers {
        let mut headers = Headers::new().with(header::CE_TYPE, format!("{CE_TYPE_PREFIX}{}", encoded.record));
        if let Some(reply_to) = &self.reply_to {
            headers.push(header::REPLY_TO, reply_to.clone());
        }
        if let Some(traceparent) = &self.traceparent {
            headers.push(header::TRACEPARENT, traceparent.clone());
        }
        headers
    }
}

/// Reads an event's cause from the header, without the body.
pub fn cause_of(record: &Record) -> Option<Offset> {
    record.headers.text(header::CAUSE)?.parse().ok()
}

/// Reads an event's kind from the header, without the body; `None` also for a kind that only newer programs know.
pub fn event_kind_of(record: &Record) -> Option<EventKind> {
    EventKind::from_name(record.headers.text(header::CE_TYPE)?.strip_prefix(CE_TYPE_PREFIX)?)
}

/// Makes the record of a read mark, keyed `thread:user`.
pub fn read_mark_record(mark: &ReadMark) -> NewRecord {
    let encoded = avro::encode_read_mark(mark);
    let headers = Context::default().headers(&encoded);
    NewRecord { key: format!("{}:{}", mark.thread, mark.user).into(), value: Some(encoded.value), headers }
}

/// Reads a read mark.
pub fn read_read_mark(record: &Record) -> Result<ReadMark, DecodeError> {
    avro::decode_read_mark(value_of(record)?)
}

/// Makes the record of a user's name, keyed by user.
pub fn user_record(user: &UserProfile) -> NewRecord {
    let encoded = avro::encode_user(user);
    let headers = Context::default().headers(&encoded);
    NewRecord { key: user.user.as_str().to_owned().into(), value: Some(encoded.value), headers }
}

/// Reads a user's name.
pub fn read_user(record: &Record) -> Result<UserProfile, DecodeError> {
    avro::decode_user(value_of(record)?)
}

/// Makes the letter about a record that could not be read or applied. It fits into the dead-letter topic whatever the
/// record: a reason or key that is too long is cut, a value that is too large is left out. The record itself stays in
/// its topic.
pub fn dead_letter(topic: Topic, record: &Record, reason: &str) -> DeadLetter {
    DeadLetter {
        position: Position { topic, partition: record.partition, offset: record.offset },
        reason: reason.chars().take(LETTER_REASON_CHARS_MAX).collect(),
        key: record.key.slice(..record.key.len().min(LETTER_KEY_BYTES_MAX)),
        value: record.value.clone().filter(|value| value.len() <= LETTER_VALUE_BYTES_MAX),
    }
}

/// Makes the record of a dead letter, keyed like the record that it is about.
pub fn dead_letter_record(letter: &DeadLetter) -> NewRecord {
    let encoded = avro::encode_dead_letter(letter);
    let headers = Context::default().headers(&encoded);
    NewRecord { key: letter.key.clone(), value: Some(encoded.value), headers }
}

/// Reads a dead letter.
pub fn read_dead_letter(record: &Record) -> Result<DeadLetter, DecodeError> {
    avro::decode_dead_letter(value_of(record)?)
}

/// Returns the value of a record that must have one.
pub(crate) fn value_of(record: &Record) -> Result<&[u8], DecodeError> {
    record.value.as_deref().ok_or_else(|| DecodeError::Corrupt("the record has no value".into()))
}
