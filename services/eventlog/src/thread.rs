//! Threads: `messages.commands` -> `messages`.

use threadline_domain::thread::{Command, Event, Thread};
use threadline_domain::{ThreadId, Timestamp};
use threadline_wire::avro::{self, Encoded};
use uuid::Uuid;

use crate::aggregate::{LoggedAggregate, RefusalOf, ReplyOf};
use crate::codec::{DecodeError, Refusal};
use crate::{Offset, Topic};

impl LoggedAggregate for Thread {
    const COMMANDS: Topic = Topic::MessagesCommands;

    fn parse_id(text: &[u8]) -> Option<ThreadId> {
        Uuid::try_parse_ascii(text).ok().map(ThreadId)
    }

    fn at(event: &Event) -> Timestamp {
        event.at
    }

    fn new_number(event: &Event) -> Option<u64> {
        event.change.new_number()
    }

    fn encode_command(command: &Command) -> Encoded {
        avro::encode_command(command)
    }

    fn decode_command(value: &[u8]) -> Result<Command, DecodeError> {
        avro::decode_command(value)
    }

    fn encode_event(event: &Event, cause: Offset) -> Encoded {
        avro::encode_event(event, cause)
    }

    fn decode_event(value: &[u8]) -> Result<(Event, Offset), DecodeError> {
        avro::decode_event(value)
    }

    fn encode_refusal(id: Option<ThreadId>, reply: ReplyOf<Self>) -> Encoded {
        // The thread only tells where an earlier event is; a reply without one does not need it.
        avro::encode_refusal(&Refusal { id: id.unwrap_or(ThreadId::NIL), reply })
    }

    fn decode_refusal(value: &[u8]) -> Result<RefusalOf<Self>, DecodeError> {
        avro::decode_refusal(value)
    }
}
