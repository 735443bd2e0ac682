//! Threads: `messages.commands` -> `messages`.

use threadline_domain::thread::{Command, Event, Thread};
use threadline_domain::{LostEvent, ThreadId};
use threadline_eventlog::codec::{self, CommandReply, Context, DecodeError, Refusal};
use threadline_eventlog::{NewRecord, Offset, Record, Topic};

use crate::LoggedAggregate;

impl LoggedAggregate for Thread {
    const COMMANDS: Topic = Topic::MessagesCommands;
    const EVENTS: Topic = Topic::Messages;

    fn id_of_record(record: &Record) -> Option<ThreadId> {
        codec::thread_of(record)
    }

    fn read_command(record: &Record) -> Result<Command, DecodeError> {
        codec::read_command(record)
    }

    fn read_event(record: &Record) -> Result<(Event, Offset), DecodeError> {
        codec::read_event(record)
    }

    fn cause_of_record(record: &Record) -> Option<Offset> {
        codec::cause_of(record)
    }

    fn lost_event(record: &Record) -> Option<(LostEvent<ThreadId>, Offset)> {
        codec::lost_event(record)
    }

    fn event_record(event: &Event, cause: Offset, context: &Context) -> NewRecord {
        codec::event_record(event, cause, context)
    }

    fn reply_record(id: Option<ThreadId>, reply: CommandReply, context: &Context) -> Option<NewRecord> {
        // The thread only tells where an earlier event lies; an answer without one does not need it.
        let thread = id.unwrap_or(ThreadId::NIL);
        codec::refusal_record(&Refusal { thread, reply }, context)
    }
}
