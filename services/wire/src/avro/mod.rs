//! Avro records in Confluent framing: a 0, the schema's id in 4 bytes, the body (decision 24).
//!
//! We read every released version, and write the oldest one that holds the value: whoever reads that version can read
//! it. A version that not every program reads [awaits](Schema::awaits) its readers (decision 10).

mod binary;
mod command;
mod dead_letter;
mod event;
mod fact;
#[cfg(feature = "fixture-newer")]
mod fixture_newer;
mod refusal;
mod resolve;
mod schema;
mod sealed;
mod signal;
mod versions;

use std::borrow::Cow;

use bytes::Bytes;

use binary::{Input, Value};
pub use command::{decode_command, encode_command};
pub use dead_letter::{DeadLetter, decode_dead_letter, encode_dead_letter};
pub use event::{decode_event, encode_event};
pub use fact::{decode_read_mark, decode_user, encode_read_mark, encode_user};
pub use refusal::{CommandReply, Refusal, decode_refusal, encode_refusal};
use resolve::Upgrade;
pub use schema::{Record, SCHEMAS, Schema, by_id};
pub use signal::{decode_signal, encode_signal};

/// Bytes of a usual body, without a long text.
const BODY_BYTES_USUAL: usize = 320;

/// An encoded record: a value in Confluent framing, and the record's name.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// 0, the schema id in 4 bytes, the Avro body.
    pub value: Bytes,
    /// The record's name in `schemas/`.
    pub record: &'static str,
}

/// Why a value cannot be read. The two cases are treated differently (decision 9): a newer program can read an unknown
/// schema, nobody will ever read a corrupt value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The program does not know the schema: a newer program wrote it.
    #[error("no schema has the id {id}: a newer program wrote it")]
    UnknownSchema {
        /// The schema's id.
        id: u32,
    },
    /// The bytes are not a value of a schema.
    #[error("{0}")]
    Corrupt(String),
}

impl DecodeError {
    /// Prefixes the reason with where it was found.
    fn within(self, place: &str) -> Self {
        match self {
            Self::Corrupt(reason) => Self::Corrupt(format!("{place}: {reason}")),
            unknown @ Self::UnknownSchema { .. } => unknown,
        }
    }
}

/// A record being written, field by field in its schema's order.
struct Output {
    record: Record,
    value: Vec<u8>,
}

impl Output {
    /// Starts a record in its first version, which holds most of them.
    fn new(record: Record) -> Self {
        Self::in_version(record, 1)
    }

    fn in_version(record: Record, version: u32) -> Self {
        let mut value = Vec::with_capacity(BODY_BYTES_USUAL);
        value.push(0);
        value.extend_from_slice(&record.version(version).id.to_be_bytes());
        Self { record, value }
    }

    fn put(&mut self, field: &impl Value) {
        field.put(&mut self.value);
    }

    fn done(self) -> Encoded {
        Encoded { value: self.value.into(), record: self.record.name() }
    }
}

/// Returns the id of a value's schema if this program does not know it. Does not read the body.
pub fn unknown_schema(value: &[u8]) -> Option<u32> {
    let (id, _) = split_frame(value)?;
    by_id(id).is_none().then_some(id)
}

/// Returns the ids of the schemas that every role must read before this value is written; see [`Schema::awaits`].
pub fn awaited_schemas(value: &[u8]) -> &'static [u32] {
    split_frame(value).and_then(|(id, _)| by_id(id)).map_or(&[], |schema| schema.awaits)
}

/// Splits a value in Confluent framing into its schema's id and its body; `None` without such a frame.
fn split_frame(value: &[u8]) -> Option<(u32, &[u8])> {
    let [0, id @ ..] = value else { return None };
    let (id, body) = id.split_first_chunk()?;
    Some((u32::from_be_bytes(*id), body))
}

/// A record's body, read as its newest version.
struct Unframed<'a> {
    record: Record,
    body: Cow<'a, [u8]>,
    /// The encoded defaults of the fields that the body lacks.
    defaults: &'static [u8],
}

fn unframe(value: &[u8]) -> Result<Unframed<'_>, DecodeError> {
    let (id, body) =
        split_frame(value).ok_or_else(|| DecodeError::Corrupt("the value is not in Confluent framing".into()))?;
    let schema = by_id(id).ok_or(DecodeError::UnknownSchema { id })?;
    let (body, defaults): (_, &[u8]) = match schema.upgrade() {
        Upgrade::Appends(defaults) => (Cow::Borrowed(body), defaults),
        Upgrade::Resolves => {
            (Cow::Owned(resolve::resolve(schema.parsed(), schema.record.newest().parsed(), body)?), &[])
        }
    };
    Ok(Unframed { record: schema.record, body, defaults })
}

/// Reads one whole value: `read` gets the record's type and body.
fn decode<T>(
    value: &[u8],
    read: impl FnOnce(Record, &mut Input<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let Unframed { record, body, defaults } = unframe(value)?;
    let mut input = Input::new(&body, defaults);
    let decoded = read(record, &mut input).and_then(|decoded| input.end().map(|()| decoded));
    decoded.map_err(|error| error.within(record.name()))
}

/// Makes the error of a record that does not belong in this topic.
fn misplaced(expected: &str) -> DecodeError {
    DecodeError::Corrupt(format!("is not {expected}"))
}
