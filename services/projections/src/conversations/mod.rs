//! `conversations`: threads, messages and read marks as people see them.

mod existing;
mod inbox;
mod members;
mod messages;
mod model;
mod threads;
mod timeline;
mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use threadline_domain::{MessageId, Offset, Partition, Position, ThreadId, Topic, UserId};

use crate::awaited::Goal;
use crate::live::{Live, read};
use crate::projection::Applying;
use crate::{Entry, Error, Lock, Progress, Projection, Rows, Schema, Spec, positions};

pub use model::*;

/// The specification of `conversations`.
pub(crate) static SPEC: Spec = Spec {
    name: "conversations",
    version: 1,
    topics: &[Topic::Messages, Topic::Reads, Topic::Users],
    migrations: &[include_str!("../../../../migrations/projections/conversations/0001_conversations.sql")],
    tables: &["threads", "members", "messages", "timeline", "users"],
};

/// The projection `conversations`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConversationsProjection;

impl Projection for ConversationsProjection {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn rows<'a>(&self) -> Box<dyn Rows<'a> + 'a> {
        Box::<Pending<'a>>::default()
    }
}

/// Rows to write. Each table has seen every record before the first statement, so a thread, message or member that many
/// records concern is written once.
#[derive(Default)]
struct Pending<'a> {
    threads: threads::Pending<'a>,
    members: members::Pending<'a>,
    messages: messages::Pending<'a>,
    timeline: timeline::Pending<'a>,
    users: users::Pending<'a>,
    locks: BTreeMap<Partition, Lock>,
}

impl Pending<'_> {
    fn lock(&mut self, partition: Partition, lock: Lock) {
        let held = self.locks.entry(partition).or_insert(lock);
        *held = lock.max(*held);
    }
}

impl<'a> Rows<'a> for Pending<'a> {
    fn add(&mut self, partition: Partition, entry: &'a Entry) {
        match entry {
            Entry::Event(recorded) => {
                let last_number = self.threads.last_number(recorded.event.thread);
                self.members.add(recorded, last_number);
                self.threads.add(partition, recorded);
                self.messages.add(&recorded.event);
                self.timeline.add(partition, recorded);
                self.lock(partition, Lock::Alone);
            }
            Entry::Lost(lost) => {
                self.threads.add_lost(&lost.event);
                self.timeline.add_lost(partition, lost);
                self.lock(partition, Lock::Alone);
            }
            Entry::Mark(mark) => {
                self.members.add_mark(&mark.mark);
                self.lock(mark.thread_partition, Lock::Shared);
            }
            Entry::User(profile) => self.users.add(profile),
        }
    }

    /// A mark and an event of one thread must not change its members' inboxes at once.
    fn locks(&self) -> &BTreeMap<Partition, Lock> {
        &self.locks
    }

    fn apply<'c>(&'c self, schema: &'c Schema, connection: &'c mut PgConnection) -> Applying<'c> {
        Box::pin(async move {
            self.threads.insert(schema, connection).await?;
            self.members.apply(schema, connection).await?;
            self.members.apply_reads(schema, connection).await?;
            self.threads.update(schema, connection).await?;
            self.messages.apply(schema, connection).await?;
            self.timeline.apply(schema, connection).await?;
            self.users.apply(schema, connection).await
        })
    }
}

/// What readers see, from the live generation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Conversations(Live);

impl Conversations {
    /// Reads over connections like those of the given pool.
    #[expect(clippy::needless_pass_by_value, reason = "takes the pool's place")]
    pub fn new(pool: PgPool) -> Self {
        Self(Live::new(&pool, &SPEC))
    }

    /// Returns the topics that the rows are made from.
    pub fn topics() -> &'static [Topic] {
        SPEC.topics
    }

    /// Closes all connections after the calls that still run.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Reads the progress of each partition of a topic; one without records is absent.
    pub async fn progress(&self, topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
        read!(self.0, |live| positions::all(&live.schema, &live.pool, topic))
    }

    /// Waits until this position's record has been applied, at most `wait`; [`Error::Behind`] if it has not.
    pub async fn wait_for(&self, position: Position, wait: Duration) -> Result<(), Error> {
        let next = [(position.partition, position.offset.saturating_add(1))].into();
        self.wait_for_ends(position.topic, &next, wait).await
    }

    /// Waits until everything below these offsets of a topic was applied, at most `wait`; [`Error::Behind`] if it was
    /// not.
    pub async fn wait_for_ends(
        &self,
        topic: Topic,
        ends: &BTreeMap<Partition, Offset>,
        wait: Duration,
    ) -> Result<(), Error> {
        let goal = Goal { topic, next: ends };
        read!(self.0, |live| live.awaited.reach(&live.schema, &live.pool, goal, wait))
    }

    /// Reads a page of the viewer's threads, latest activity first, at most `limit`, after `after`. Archived ones too.
    pub async fn threads(
        &self,
        viewer: &UserId,
        after: Option<ThreadsCursor>,
        limit: u32,
    ) -> Result<Vec<ThreadView>, Error> {
        read!(self.0, |live| threads::page(&live.schema, &live.pool, viewer, after, limit))
    }

    /// Reads one thread with all its members; `None` when there is none or the viewer is not in it.
    pub async fn thread(&self, viewer: &UserId, thread: ThreadId) -> Result<Option<ThreadView>, Error> {
        read!(self.0, |live| threads::find(&live.schema, &live.pool, viewer, thread))
    }

    /// Reads messages of a thread, newest first whatever the window, at most `limit`; `None` when the viewer is not in it.
    pub async fn messages(
        &self,
        viewer: &UserId,
        thread: ThreadId,
        window: Window,
        limit: u32,
    ) -> Result<Option<Vec<MessageView>>, Error> {
        read!(self.0, |live| messages::page(&live.schema, &live.pool, viewer, thread, window, limit))
    }

    /// Reads the messages of this id in the viewer's threads, or in one of them. People can use an id in several threads: two
    /// are read at most, the earlier one first.
    pub async fn messages_of_id(
        &self,
        viewer: &UserId,
        message: MessageId,
        thread: Option<ThreadId>,
    ) -> Result<Vec<MessageView>, Error> {
        read!(self.0, |live| messages::find(&live.schema, &live.pool, viewer, message, thread))
    }

    /// Counts the messages that the user has not read, in every thread with any: since the user joined, except deleted
    /// ones.
    pub async fn unread(&self, user: &UserId) -> Result<BTreeMap<ThreadId, u64>, Error> {
        read!(self.0, |live| inbox::unread_counts(&live.schema, &live.pool, user))
    }

    /// Looks up to where the user has read a thread; `None` when not a member.
    pub async fn read_state(&self, user: &UserId, thread: ThreadId) -> Result<Option<ReadState>, Error> {
        read!(self.0, |live| members::read_state(&live.schema, &live.pool, user, thread))
    }

    /// Reads those of these threads that exist. For a tool of an operator: nobody's membership is asked for.
    pub async fn existing_threads(
        &self,
        wanted: &[(ThreadId, IdMark)],
    ) -> Result<BTreeMap<ThreadId, ExistingThread>, Error> {
        read!(self.0, |live| existing::threads(&live.schema, &live.pool, wanted))
    }

    /// Looks up how far these people have read these threads, members or not; who has not read at all is absent.
    pub async fn read_numbers(
        &self,
        wanted: &[(ThreadId, UserId)],
    ) -> Result<BTreeMap<(ThreadId, UserId), u64>, Error> {
        read!(self.0, |live| existing::read_numbers(&live.schema, &live.pool, wanted))
    }

    /// Looks up which of these users have a name here.
    pub async fn named_users(&self, users: &[UserId]) -> Result<BTreeSet<UserId>, Error> {
        read!(self.0, |live| existing::named_users(&live.schema, &live.pool, users))
    }

    /// Looks up who has read up to where; `None` when the viewer is not in the thread.
    pub async fn receipts(&self, viewer: &UserId, thread: ThreadId) -> Result<Option<Vec<Receipt>>, Error> {
        read!(self.0, |live| members::receipts(&live.schema, &live.pool, viewer, thread))
    }

    /// Looks up a user who has signed in; `None` when nobody of this id has.
    pub async fn user(&self, user: &UserId) -> Result<Option<UserView>, Error> {
        read!(self.0, |live| users::find(&live.schema, &live.pool, user))
    }

    /// Reads a thread's events after `after_seq`, at most `limit`; `None` when the viewer is not in the thread.
    pub async fn timeline(
        &self,
        viewer: &UserId,
        thread: ThreadId,
        after_seq: u64,
        limit: u32,
    ) -> Result<Option<Vec<TimelineRow>>, Error> {
        read!(self.0, |live| timeline::page(&live.schema, &live.pool, viewer, thread, after_seq, limit))
    }

    /// Reads the user's memberships, those removed at or after `removed_since` (offsets of `messages`) too, with the
    /// progress of the same snapshot.
    pub async fn memberships(
        &self,
        user: &UserId,
        removed_since: Option<&BTreeMap<Partition, Offset>>,
    ) -> Result<Memberships, Error> {
        read!(self.0, |live| members::memberships(&live.schema, &live.pool, user, removed_since))
    }

    /// Reads events of these memberships from the offsets `from` (inclusive, by partition) up to `to` (exclusive).
    /// Leaves out events of a thread from before the user joined, and from after the user was removed. At most
    /// `limit_per_thread` of each thread, and threads only as far as the values of their events together fit into
    /// `bytes_max`.
    pub async fn missed(
        &self,
        memberships: &Memberships,
        from: &BTreeMap<Partition, Offset>,
        to: &BTreeMap<Partition, Offset>,
        limit_per_thread: u32,
        bytes_max: usize,
    ) -> Result<Missed, Error> {
        read!(self.0, |live| timeline::missed(
            &live.schema,
            &live.pool,
            memberships,
            from,
            to,
            limit_per_thread,
            bytes_max
        ))
    }
}
