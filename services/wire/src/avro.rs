//! Avro records in Confluent framing. Signatures only yet.

use bytes::Bytes;
use threadline_domain::thread::{Command, Event, Rejection};
use threadline_domain::{Offset, ReadMark, ThreadId, UserProfile};

use crate::Signal;

/// A value in Confluent framing with the name of its record type, such as `message_posted`.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// 0, the schema id in 4 bytes, the Avro body.
    pub value: Bytes,
    /// The record's name in `schemas/`.
    pub record: &'static str,
}

/// Why a value cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub String);

/// An answer to a command that gave no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The thread that the command was for.
    pub thread: ThreadId,
    /// The answer; `Err` when the decider could not decide it now, with the reason (retryable).
    pub rejection: Result<Rejection, String>,
}

pub fn encode_event(_event: &Event, _cause: Offset) -> Encoded { todo!() }
pub fn decode_event(_value: &[u8]) -> Result<(Event, Offset), DecodeError> { todo!() }
pub fn encode_command(_command: &Command) -> Encoded { todo!() }
pub fn decode_command(_value: &[u8]) -> Result<Command, DecodeError> { todo!() }
pub fn encode_refusal(_refusal: &Refusal) -> Encoded { todo!() }
pub fn decode_refusal(_value: &[u8]) -> Result<Refusal, DecodeError> { todo!() }
pub fn encode_read_mark(_mark: &ReadMark) -> Encoded { todo!() }
pub fn decode_read_mark(_value: &[u8]) -> Result<ReadMark, DecodeError> { todo!() }
pub fn encode_user(_user: &UserProfile) -> Encoded { todo!() }
pub fn decode_user(_value: &[u8]) -> Result<UserProfile, DecodeError> { todo!() }
pub fn encode_signal(_signal: &Signal) -> Encoded { todo!() }
pub fn decode_signal(_value: &[u8]) -> Result<Signal, DecodeError> { todo!() }
