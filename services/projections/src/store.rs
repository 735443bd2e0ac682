//! The way into the views.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use threadline_domain::{MessageId, Offset, Partition, Position, ReadMark, ThreadId, Topic, UserId, UserProfile};

use crate::awaited::Awaited;
use crate::{
    Batch, Deciding, Error, Memberships, MessageView, Missed, Progress, ReadPlace, Receipt, Recorded, Records, SCHEMA,
    ThreadView, ThreadsCursor, TimelineRow, Window, batch, checksums, dead_letters, deciding, members, messages,
    positions, reads, schema, threads, timeline,
};

/// The read models in one Postgres; cheap to clone.
#[derive(Clone, Debug)]
pub struct Views {
    pool: PgPool,
    schema: Arc<str>,
    awaited: Arc<Awaited>,
}

impl Views {
    /// In the schema of this version ([`SCHEMA`]), with connections of its own like those of the given pool.
    #[expect(clippy::needless_pass_by_value, reason = "takes the pool's place")]
    pub fn new(pool: PgPool) -> Self {
        Self::in_schema(&pool, SCHEMA)
    }

    /// In another schema: a rebuild beside the live views, or the views of another log.
    pub fn in_schema(pool: &PgPool, schema: &str) -> Self {
        Self { pool: schema::pool_in(schema, pool), schema: schema.into(), awaited: Arc::default() }
    }

    /// Makes or updates the schema. Safe to run from several processes at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        schema::migrate(&self.schema, &self.pool).await
    }

    /// The schema that holds these views.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Closes all connections; calls still running end first.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    // ---- projector

    /// Binds the views to this log ([`Error::OtherLog`] when they follow another one).
    pub async fn follow(&self, log: &str) -> Result<(), Error> {
        positions::follow(&self.pool, log).await
    }

    /// How far the views have followed each partition of a topic (`messages`, `reads` or `users`); one never touched is
    /// absent.
    pub async fn progress(&self, topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
        positions::all(&self.pool, topic).await
    }

    /// Applies batches of different partitions in one transaction: all of them, or, whatever is answered, none.
    /// [`Error::Fenced`] when the progress of one of them is not its `from` any more.
    pub async fn project(&self, batches: &[Batch<'_>]) -> Result<(), Error> {
        batch::project(&self.pool, batches).await
    }

    /// Applies a batch of events of one `messages` partition and moves its progress from `from` to `to`, in one transaction.
    /// The caller has dropped duplicates. [`Error::Fenced`] when the progress is not `from` any more.
    pub async fn project_events(
        &self,
        partition: Partition,
        from: Progress,
        to: Progress,
        events: &[Recorded],
    ) -> Result<(), Error> {
        self.project(&[Batch { partition, from, to, records: Records::Events(events), lost: &[] }]).await
    }

    /// Likewise for `reads`.
    pub async fn project_reads(
        &self,
        partition: Partition,
        from: Progress,
        to: Progress,
        marks: &[ReadMark],
    ) -> Result<(), Error> {
        self.project(&[Batch { partition, from, to, records: Records::Reads(marks), lost: &[] }]).await
    }

    /// Likewise for `users`.
    pub async fn project_users(
        &self,
        partition: Partition,
        from: Progress,
        to: Progress,
        users: &[UserProfile],
    ) -> Result<(), Error> {
        self.project(&[Batch { partition, from, to, records: Records::Users(users), lost: &[] }]).await
    }

    /// Notes a record that cannot be read or applied; the same position again changes nothing.
    pub async fn dead_letter(&self, position: Position, reason: &str) -> Result<(), Error> {
        dead_letters::note(&self.pool, position, reason).await
    }

    /// For each table its row count and a checksum over its rows: equal exactly when the rows are.
    pub async fn checksums(&self) -> Result<BTreeMap<&'static str, String>, Error> {
        checksums::all(&self.pool).await
    }

    // ---- decider

    /// Loads the states of threads and facts of messages, of one partition and each named once, in one call. A state's
    /// `known` is empty and its `known_floor` the highest message id.
    pub async fn load(
        &self,
        partition: Partition,
        threads: &[ThreadId],
        facts: &[(ThreadId, MessageId)],
    ) -> Result<Deciding, Error> {
        deciding::load(&self.pool, partition, threads, facts).await
    }

    // ---- edge

    /// Waits until the views have this position's record, at most `wait`; [`Error::Behind`] if they do not.
    pub async fn wait_for(&self, position: Position, wait: Duration) -> Result<(), Error> {
        self.awaited.reach(&self.pool, position, wait).await
    }

    /// The viewer's threads, latest activity first, at most `limit`, behind `after`. Archived ones too.
    pub async fn threads(
        &self,
        viewer: &UserId,
        after: Option<ThreadsCursor>,
        limit: u32,
    ) -> Result<Vec<ThreadView>, Error> {
        threads::page(&self.pool, viewer, after, limit).await
    }

    /// One thread with all its members; `None` when there is none or the viewer is not in it.
    pub async fn thread(&self, viewer: &UserId, thread: ThreadId) -> Result<Option<ThreadView>, Error> {
        threads::find(&self.pool, viewer, thread).await
    }

    /// Messages of a thread, newest first whatever the window, at most `limit`; `None` when the viewer is not in it.
    pub async fn messages(
        &self,
        viewer: &UserId,
        thread: ThreadId,
        window: Window,
        limit: u32,
    ) -> Result<Option<Vec<MessageView>>, Error> {
        messages::page(&self.pool, viewer, thread, window, limit).await
    }

    /// One message by its id, in whichever of the viewer's threads it is (the earliest posted, should there be several).
    pub async fn message(&self, viewer: &UserId, message: MessageId) -> Result<Option<MessageView>, Error> {
        messages::find(&self.pool, viewer, message).await
    }

    /// Every thread of the user with something unread, and how much: `last_number - read_number` less the deleted ones.
    pub async fn unread(&self, user: &UserId) -> Result<Vec<(ThreadId, u64)>, Error> {
        reads::unread(&self.pool, user).await
    }

    /// Up to where the user has read a thread; `None` when not a member.
    pub async fn read_place(&self, user: &UserId, thread: ThreadId) -> Result<Option<ReadPlace>, Error> {
        reads::place(&self.pool, user, thread).await
    }

    /// Who has read up to where; `None` when the viewer is not in the thread.
    pub async fn receipts(&self, viewer: &UserId, thread: ThreadId) -> Result<Option<Vec<Receipt>>, Error> {
        reads::receipts(&self.pool, viewer, thread).await
    }

    /// A thread's events behind `after_seq`, at most `limit`; `None` when the viewer is not in the thread.
    pub async fn timeline(
        &self,
        viewer: &UserId,
        thread: ThreadId,
        after_seq: u64,
        limit: u32,
    ) -> Result<Option<Vec<TimelineRow>>, Error> {
        timeline::page(&self.pool, viewer, thread, after_seq, limit).await
    }

    /// The user's memberships, those removed at or behind `removed_since` (offsets of `messages`) too, with the
    /// progress of the same snapshot.
    pub async fn memberships(
        &self,
        user: &UserId,
        removed_since: Option<&BTreeMap<Partition, Offset>>,
    ) -> Result<Memberships, Error> {
        members::memberships(&self.pool, user, removed_since).await
    }

    /// Events of these memberships from the offsets `from` (inclusive, by partition) up to `to` (exclusive). Of a thread
    /// that the user came into later, nothing before that; of one that the user was removed from, nothing behind the
    /// removal. At most `limit_per_thread` of each thread, and threads only as far as their events' values together fit
    /// into `bytes_max`.
    pub async fn missed(
        &self,
        memberships: &Memberships,
        from: &BTreeMap<Partition, Offset>,
        to: &BTreeMap<Partition, Offset>,
        limit_per_thread: u32,
        bytes_max: usize,
    ) -> Result<Missed, Error> {
        timeline::missed(&self.pool, memberships, from, to, limit_per_thread, bytes_max).await
    }
}
