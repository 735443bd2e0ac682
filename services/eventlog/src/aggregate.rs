//! Binds an aggregate to the log: its topics, and the records of its commands, events and refusals.

use std::fmt::Display;
use std::hash::Hash;

use bytes::Bytes;
use threadline_domain::{Aggregate, LostEvent, Timestamp};
use threadline_wire::avro::{self, Encoded};

use crate::codec::{self, CommandReply, Context, DecodeError, Refusal};
use crate::{Headers, NewRecord, Offset, Record, Topic, header};

/// The reply to a command of an aggregate that gave no event.
pub type ReplyOf<A> = CommandReply<<A as Aggregate>::Outcome, <A as Aggregate>::Rejection>;

/// A [`Refusal`] of an aggregate's command.
pub type RefusalOf<A> = Refusal<<A as Aggregate>::Id, <A as Aggregate>::Outcome, <A as Aggregate>::Rejection>;

/// An aggregate whose commands and events are in the log.
///
/// The implementer names the topic of commands and encodes each record's body. The provided methods add keys and
/// headers, which are the same for all aggregates. Edges, deciders and tools know an aggregate's records by this trait
/// alone (decision 21).
///
/// ```text
/// edge     command_record ─▶ COMMANDS ─▶ read_command    decider
/// decider  event_record   ─▶ EVENTS   ─▶ read_event      edge, projector
/// decider  refusal_record ─▶ rejections ─▶ read_refusal  edge that waits
/// ```
///
/// Decoding fails with [`DecodeError`]: of an unknown schema ([`unknown_schema`] gives its id), a newer program wrote
/// the record and the reader must stop; anything else is a corrupt record. [`lost_event`](Self::lost_event) still reads
/// a corrupt event's numbers from its headers, so that they stay dense (decision 9). `services/eventlog/src/thread.rs`
/// is the example to copy.
pub trait LoggedAggregate: Aggregate<Id: Display, FactId: Hash> {
    /// The topic of its commands.
    const COMMANDS: Topic;

    /// The topic of its events, as the table of topics has it. It has as many partitions as [`Self::COMMANDS`].
    const EVENTS: Topic = match Self::COMMANDS.events_of() {
        Some(events) => events,
        None => panic!("COMMANDS is no topic of commands"),
    };

    /// Parses an id, the key of commands and events.
    fn parse_id(text: &[u8]) -> Option<Self::Id>;

    /// Returns when an event happened.
    fn at(event: &Self::Event) -> Timestamp;

    /// Returns the dense number, beside its seq, that an event gives away.
    fn new_number(_: &Self::Event) -> Option<u64> {
        None
    }

    /// Encodes a command.
    fn encode_command(command: &Self::Command) -> Encoded;

    /// Decodes a command.
    fn decode_command(value: &[u8]) -> Result<Self::Command, DecodeError>;

    /// Encodes an event with its cause.
    fn encode_event(event: &Self::Event, cause: Offset) -> Encoded;

    /// Decodes an event with its cause.
    fn decode_event(value: &[u8]) -> Result<(Self::Event, Offset), DecodeError>;

    /// Encodes a refusal. `id` is missing when the command could not be read and its key does not say it either.
    fn encode_refusal(id: Option<Self::Id>, reply: ReplyOf<Self>) -> Encoded;

    /// Decodes a refusal.
    fn decode_refusal(value: &[u8]) -> Result<RefusalOf<Self>, DecodeError>;

    /// Reads the aggregate's id from the key of a command or an event.
    fn id_of_record(record: &Record) -> Option<Self::Id> {
        Self::parse_id(&record.key)
    }

    /// Makes the record of a command.
    fn command_record(command: &Self::Command, context: &Context) -> NewRecord {
        let encoded = Self::encode_command(command);
        record_of::<Self>(Self::id_of(command), context.headers(&encoded), encoded)
    }

    /// Reads a command.
    fn read_command(record: &Record) -> Result<Self::Command, DecodeError> {
        Self::decode_command(codec::value_of(record)?)
    }

    /// Makes the record of an event, with its cause and its CloudEvents attributes in the headers.
    fn event_record(event: &Self::Event, cause: Offset, context: &Context) -> NewRecord {
        let encoded = Self::encode_event(event, cause);
        let id = Self::id_of_event(event);
        let mut headers = context
            .headers(&encoded)
            .with(header::CAUSE, cause.to_string())
            .with(header::CE_SPECVERSION, Bytes::from_static(b"1.0"))
            .with(header::CE_ID, format!("{id}:{}", Self::seq(event)))
            .with(header::CE_SOURCE, Bytes::from_static(b"threadline"))
            .with(header::CE_TIME, threadline_wire::json::rfc3339(Self::at(event)))
            .with(header::CONTENT_TYPE, Bytes::from_static(b"application/avro"));
        if let Some(number) = Self::new_number(event) {
            headers.push(header::NUMBER, number.to_string());
        }
        record_of::<Self>(id, headers, encoded)
    }

    /// Reads an event with its cause.
    fn read_event(record: &Record) -> Result<(Self::Event, Offset), DecodeError> {
        Self::decode_event(codec::value_of(record)?)
    }

    /// Reads from the headers the cause of an event whose body is corrupt, and the numbers that the event takes.
    fn lost_event(record: &Record) -> Option<(LostEvent<Self::Id>, Offset)> {
        let (id, seq) = record.headers.text(header::CE_ID)?.rsplit_once(':')?;
        let number = record.headers.text(header::NUMBER).and_then(|number| number.parse().ok());
        let lost = LostEvent { id: Self::parse_id(id.as_bytes())?, seq: seq.parse().ok()?, number };
        Some((lost, codec::cause_of(record)?))
    }

    /// Makes the record of a refusal, keyed by the edge that waits; `None` when nobody waits.
    fn refusal_record(id: Option<Self::Id>, reply: ReplyOf<Self>, context: &Context) -> Option<NewRecord> {
        let reply_to = context.reply_to.as_ref()?;
        let edge = reply_to.iter().position(|&byte| byte == b'/').map(|end| reply_to.slice(..end))?;
        let encoded = Self::encode_refusal(id, reply);
        let headers = context.headers(&encoded);
        Some(NewRecord { key: edge, value: Some(encoded.value), headers })
    }

    /// Reads a refusal.
    fn read_refusal(record: &Record) -> Result<RefusalOf<Self>, DecodeError> {
        Self::decode_refusal(codec::value_of(record)?)
    }
}

/// Returns the id of the schema that a record was written with, if this program does not know that schema.
pub fn unknown_schema(record: &Record) -> Option<u32> {
    record.value.as_deref().and_then(avro::unknown_schema)
}

fn record_of<A: LoggedAggregate + ?Sized>(id: A::Id, headers: Headers, encoded: Encoded) -> NewRecord {
    NewRecord { key: id.to_string().into(), value: Some(encoded.value), headers }
}
