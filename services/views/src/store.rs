//! The way into the views.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgPool;
use threadline_domain::thread::{MessageFact, Thread};
use threadline_domain::{MessageId, Offset, Partition, Position, ReadMark, ThreadId, Topic, UserId, UserProfile};

use crate::{
    Error, Memberships, MessageView, Missed, Progress, Receipt, Recorded, ThreadView, ThreadsCursor, TimelineRow, Window,
};

/// The read models in one Postgres; cheap to clone.
#[derive(Clone, Debug)]
pub struct Views {
    pool: PgPool,
}

impl Views {
    /// On this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Makes or updates the schema. Safe to run from several processes at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        let _ = &self.pool;
        todo!()
    }

    // ---- projector

    /// How far the views have followed each partition of a topic (`messages`, `reads` or `users`); one never touched is absent.
    pub async fn progress(&self, _topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
        todo!()
    }

    /// Applies a batch of events of one `messages` partition and moves its progress from `from` to `to`, in one transaction.
    /// The caller has dropped duplicates. [`Error::Fenced`] when the progress is not `from` any more.
    pub async fn project_events(
        &self,
        _partition: Partition,
        _from: Progress,
        _to: Progress,
        _events: &[Recorded],
    ) -> Result<(), Error> {
        todo!()
    }

    /// Likewise for `reads`.
    pub async fn project_reads(
        &self,
        _partition: Partition,
        _from: Progress,
        _to: Progress,
        _marks: &[ReadMark],
    ) -> Result<(), Error> {
        todo!()
    }

    /// Likewise for `users`.
    pub async fn project_users(
        &self,
        _partition: Partition,
        _from: Progress,
        _to: Progress,
        _users: &[UserProfile],
    ) -> Result<(), Error> {
        todo!()
    }

    /// Notes a record that cannot be read or applied; the same position again changes nothing.
    pub async fn dead_letter(&self, _position: Position, _reason: &str) -> Result<(), Error> {
        todo!()
    }

    // ---- decider

    /// A thread's state as the views have it (`None`: no such thread) and the progress of its partition, in one snapshot.
    /// `known` is empty and `known_floor` the highest message id.
    pub async fn thread_state(&self, _thread: ThreadId, _partition: Partition) -> Result<(Option<Thread>, Progress), Error> {
        todo!()
    }

    /// A message's fact (`None`: the id was never used in this thread) and the progress of the partition, in one snapshot.
    pub async fn message_fact(
        &self,
        _thread: ThreadId,
        _message: MessageId,
        _partition: Partition,
    ) -> Result<(Option<MessageFact>, Progress), Error> {
        todo!()
    }

    // ---- edge

    /// Waits until the views have this position's record, at most `wait`; [`Error::Behind`] if they do not.
    pub async fn wait_for(&self, _position: Position, _wait: Duration) -> Result<(), Error> {
        todo!()
    }

    /// The viewer's threads, latest activity first, at most `limit`, behind `after`. Archived ones too.
    pub async fn threads(
        &self,
        _viewer: &UserId,
        _after: Option<ThreadsCursor>,
        _limit: u32,
    ) -> Result<Vec<ThreadView>, Error> {
        todo!()
    }

    /// One thread with all its members; `None` when there is none or the viewer is not in it.
    pub async fn thread(&self, _viewer: &UserId, _thread: ThreadId) -> Result<Option<ThreadView>, Error> {
        todo!()
    }

    /// The role of a user in a thread, `None` when not a member, and the number of the thread's last message.
    pub async fn membership(
        &self,
        _user: &UserId,
        _thread: ThreadId,
    ) -> Result<Option<(threadline_domain::thread::Role, u64)>, Error> {
        todo!()
    }

    /// Messages of a thread, newest first whatever the window, at most `limit`; `None` when the viewer is not in it.
    pub async fn messages(
        &self,
        _viewer: &UserId,
        _thread: ThreadId,
        _window: Window,
        _limit: u32,
    ) -> Result<Option<Vec<MessageView>>, Error> {
        todo!()
    }

    /// One message by its id, in whichever of the viewer's threads it is (the earliest posted, should there be several).
    pub async fn message(&self, _viewer: &UserId, _message: MessageId) -> Result<Option<MessageView>, Error> {
        todo!()
    }

    /// Every thread of the user with something unread, and how much: `last_number - read_number` less the deleted ones.
    pub async fn unread(&self, _user: &UserId) -> Result<Vec<(ThreadId, u64)>, Error> {
        todo!()
    }

    /// Who has read up to where; `None` when the viewer is not in the thread.
    pub async fn receipts(&self, _viewer: &UserId, _thread: ThreadId) -> Result<Option<Vec<Receipt>>, Error> {
        todo!()
    }

    /// A thread's events behind `after_seq`, at most `limit`; `None` when the viewer is not in the thread.
    pub async fn timeline(
        &self,
        _viewer: &UserId,
        _thread: ThreadId,
        _after_seq: u64,
        _limit: u32,
    ) -> Result<Option<Vec<TimelineRow>>, Error> {
        todo!()
    }

    /// The user's memberships, those removed at or behind `removed_since` (offsets of `messages`) too, with the
    /// progress of the same snapshot.
    pub async fn memberships(
        &self,
        _user: &UserId,
        _removed_since: Option<&BTreeMap<Partition, Offset>>,
    ) -> Result<Memberships, Error> {
        todo!()
    }

    /// Events of these memberships from the offsets `from` (inclusive, by partition) up to `to` (exclusive). Of a thread
    /// that the user was removed from, nothing behind the removal. At most `limit_per_thread` of each thread.
    pub async fn missed(
        &self,
        _memberships: &Memberships,
        _from: &BTreeMap<Partition, Offset>,
        _to: &BTreeMap<Partition, Offset>,
        _limit_per_thread: u32,
    ) -> Result<Missed, Error> {
        todo!()
    }
}
