//! What the engine needs to know of an aggregate that lives in the log.

use std::hash::Hash;

use threadline_domain::{Aggregate, LostEvent};
use threadline_eventlog::codec::{CommandReply, Context, DecodeError};
use threadline_eventlog::{NewRecord, Offset, Record, Topic};

/// The answer to a command of an aggregate that gave no event.
pub type ReplyOf<A> = CommandReply<<A as Aggregate>::Outcome, <A as Aggregate>::Rejection>;

/// An aggregate with its topics and records. The engine is the same for all of them.
pub trait LoggedAggregate: Aggregate<FactId: Hash> {
    /// The topic that its commands come from.
    const COMMANDS: Topic;
    /// The topic that its events go to; it has as many partitions as [`Self::COMMANDS`].
    const EVENTS: Topic;

    /// Reads the aggregate's id from a record's key.
    fn id_of_record(record: &Record) -> Option<Self::Id>;

    /// Reads a command.
    fn read_command(record: &Record) -> Result<Self::Command, DecodeError>;

    /// Reads an event with its cause.
    fn read_event(record: &Record) -> Result<(Self::Event, Offset), DecodeError>;

    /// Reads an event's cause from the headers alone.
    fn cause_of_record(record: &Record) -> Option<Offset>;

    /// Reads from the headers what numbers an event takes whose body is corrupt, and its cause.
    fn lost_event(record: &Record) -> Option<(LostEvent<Self::Id>, Offset)>;

    /// Makes the record of an event.
    fn event_record(event: &Self::Event, cause: Offset, context: &Context) -> NewRecord;

    /// Makes the answer to a command that gave no event; `None` when nobody waits for it. `id` is missing when the command
    /// could not be read and its key does not say it either.
    fn reply_record(id: Option<Self::Id>, reply: ReplyOf<Self>, context: &Context) -> Option<NewRecord>;
}
