//! Where an aggregate lives: its topics, its records, its snapshots.

use std::future::Future;

use threadline_domain::Aggregate;
use threadline_eventlog::codec::{CommandReply, Context, DecodeError};
use threadline_eventlog::{NewRecord, Offset, Partition, Record, Topic};
use threadline_views::{Error, Progress, Views};

/// Something read from the views, with how far they were.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// What was read.
    pub value: T,
    /// The progress of the aggregate's partition in the same snapshot.
    pub progress: Progress,
}

/// The answer to a command of an aggregate that gave no event.
pub type ReplyOf<A> = CommandReply<<A as Aggregate>::Outcome, <A as Aggregate>::Rejection>;

/// Binds an aggregate to the log and the views; the engine is the same for all of them.
pub trait Binding: Send + Sync + 'static {
    /// The aggregate.
    type Aggregate: Aggregate;
    /// Where its commands come from.
    const COMMANDS: Topic;
    /// Where its events go; as many partitions as [`Self::COMMANDS`].
    const EVENTS: Topic;

    /// Reads a command.
    fn read_command(record: &Record) -> Result<<Self::Aggregate as Aggregate>::Command, DecodeError>;

    /// Reads an event with its cause.
    fn read_event(record: &Record) -> Result<(<Self::Aggregate as Aggregate>::Event, Offset), DecodeError>;

    /// The record of an event.
    fn event_record(event: &<Self::Aggregate as Aggregate>::Event, cause: Offset, context: &Context) -> NewRecord;

    /// The answer to a command that gave no event; `None` when nobody waits.
    fn refusal_record(
        id: <Self::Aggregate as Aggregate>::Id,
        reply: ReplyOf<Self::Aggregate>,
        context: &Context,
    ) -> Option<NewRecord>;

    /// The state as the views have it; the default state when they have none.
    fn load_state(
        views: &Views,
        partition: Partition,
        id: <Self::Aggregate as Aggregate>::Id,
    ) -> impl Future<Output = Result<Loaded<<Self::Aggregate as Aggregate>::State>, Error>> + Send;

    /// A fact as the views have it.
    fn load_fact(
        views: &Views,
        partition: Partition,
        id: <Self::Aggregate as Aggregate>::Id,
        fact: <Self::Aggregate as Aggregate>::FactId,
    ) -> impl Future<Output = Result<Loaded<Option<<Self::Aggregate as Aggregate>::Fact>>, Error>> + Send;
}
