//! The thread aggregate's topics, records and snapshots.

use threadline_domain::thread::{Command, Event, MessageFact, Thread};
use threadline_domain::{MessageId, ThreadId};
use threadline_eventlog::codec::{self, CommandReply, Context, DecodeError, Refusal};
use threadline_eventlog::{NewRecord, Offset, Partition, Record, Topic};
use threadline_views::{Error, Views};

use crate::{Binding, Loaded};

/// Threads: `messages.commands` → `messages`.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

impl Binding for Threads {
    type Aggregate = Thread;
    const COMMANDS: Topic = Topic::MessagesCommands;
    const EVENTS: Topic = Topic::Messages;

    fn read_command(record: &Record) -> Result<Command, DecodeError> {
        codec::read_command(record)
    }

    fn read_event(record: &Record) -> Result<(Event, Offset), DecodeError> {
        codec::read_event(record)
    }

    fn event_record(event: &Event, cause: Offset, context: &Context) -> NewRecord {
        codec::event_record(event, cause, context)
    }

    fn refusal_record(thread: ThreadId, reply: CommandReply, context: &Context) -> Option<NewRecord> {
        codec::refusal_record(&Refusal { thread, reply }, context)
    }

    async fn load_state(views: &Views, partition: Partition, id: ThreadId) -> Result<Loaded<Thread>, Error> {
        let (thread, progress) = views.thread_state(id, partition).await?;
        Ok(Loaded { value: thread.unwrap_or_default(), progress })
    }

    async fn load_fact(
        views: &Views,
        partition: Partition,
        id: ThreadId,
        message: MessageId,
    ) -> Result<Loaded<Option<MessageFact>>, Error> {
        let (value, progress) = views.message_fact(id, message, partition).await?;
        Ok(Loaded { value, progress })
    }
}
