//! What a projector hands over: some records of one partition, and how they become rows.

use sqlx::{Connection, PgConnection, PgPool};
use threadline_domain::{Partition, ReadMark, Topic, UserProfile};

use crate::{
    Error, Lost, Progress, Recorded, error, lost, members, messages, positions, reads, threads, timeline, users,
};

/// Begins a transaction whose end does not wait for the disk. What a crash of Postgres takes away, it takes away
/// together with the progress, and the log brings it back.
const BEGIN: &str = "begin; set local synchronous_commit = off";

/// Some records of one partition, in the order of the log, duplicates left out, and the step in progress that they are.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The partition.
    pub partition: Partition,
    /// The progress before.
    pub from: Progress,
    /// The progress after.
    pub to: Progress,
    /// The records.
    pub records: Records<'a>,
    /// Events among them that are lost; of `messages` only.
    pub lost: &'a [Lost],
}

/// Records of one topic.
#[derive(Clone, Copy, Debug)]
pub enum Records<'a> {
    /// Of `messages`.
    Events(&'a [Recorded]),
    /// Of `reads`.
    Reads(&'a [ReadMark]),
    /// Of `users`.
    Users(&'a [UserProfile]),
}

impl Records<'_> {
    fn topic(self) -> Topic {
        match self {
            Self::Events(_) => Topic::Messages,
            Self::Reads(_) => Topic::Reads,
            Self::Users(_) => Topic::Users,
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Reads(marks) => marks.len(),
            Self::Users(users) => users.len(),
        }
    }

    fn first(self, count: usize) -> Self {
        match self {
            Self::Events(events) => Self::Events(&events[..count]),
            Self::Reads(marks) => Self::Reads(&marks[..count]),
            Self::Users(users) => Self::Users(&users[..count]),
        }
    }
}

/// Rows to be written. Each view has seen every record before the first statement, so a thread, message or mark that
/// many records concern is written once.
#[derive(Default)]
struct Pending<'a> {
    threads: threads::Pending<'a>,
    members: members::Pending<'a>,
    messages: messages::Pending<'a>,
    timeline: timeline::Pending<'a>,
    reads: reads::Pending<'a>,
    users: users::Pending<'a>,
}

impl<'a> Pending<'a> {
    fn of(batches: &[Batch<'a>]) -> Self {
        let mut pending = Self::default();
        for batch in batches {
            match batch.records {
                Records::Events(events) => events.iter().for_each(|event| pending.add(batch.partition, event)),
                Records::Reads(marks) => marks.iter().for_each(|mark| pending.reads.add_mark(mark)),
                Records::Users(users) => users.iter().for_each(|user| pending.users.add(user)),
            }
        }
        pending
    }

    fn add(&mut self, partition: Partition, recorded: &'a Recorded) {
        let member_change = self.members.add(recorded);
        self.threads.add(partition, recorded, member_change);
        self.messages.add(recorded);
        self.timeline.add(partition, recorded);
        self.reads.add(recorded);
    }

    async fn apply(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.threads.apply(connection).await?;
        self.members.apply(connection).await?;
        self.messages.apply(connection).await?;
        self.timeline.apply(connection).await?;
        self.reads.apply(connection).await?;
        self.users.apply(connection).await
    }
}

/// Applies batches of different partitions in one transaction: all of them, or none.
pub(crate) async fn project(pool: &PgPool, batches: &[Batch<'_>]) -> Result<(), Error> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with(BEGIN).await?;
    let steps: Vec<_> = (batches.iter())
        .map(|batch| positions::Step {
            topic: batch.records.topic(),
            partition: batch.partition,
            from: batch.from,
            to: batch.to,
        })
        .collect();
    if !positions::advance(&mut transaction, &steps).await? {
        transaction.rollback().await?;
        return Err(Error::Fenced);
    }
    let applied = async {
        Pending::of(batches).apply(&mut transaction).await?;
        let lost = batches.iter().flat_map(|batch| batch.lost.iter().map(|lost| (batch.partition, lost)));
        lost::apply(&mut transaction, &lost.collect::<Vec<_>>()).await
    };
    match applied.await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(error) => {
            transaction.rollback().await?;
            match error::refused_values(&error) {
                Some(reason) => Err(poison(&mut connection, batches, reason).await?),
                None => Err(error.into()),
            }
        }
    }
}

/// Finds the first record that makes the batches fail, by halving.
async fn poison(connection: &mut PgConnection, batches: &[Batch<'_>], mut reason: String) -> Result<Error, Error> {
    let count = batches.iter().map(|batch| batch.records.len()).sum();
    // The first `good` records can be applied, the first `bad` ones cannot.
    let (mut good, mut bad): (usize, usize) = (0, count);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        let mut transaction = connection.begin_with(BEGIN).await?;
        let applied = Pending::of(&first(batches, middle)).apply(&mut transaction).await;
        transaction.rollback().await?;
        match applied {
            Ok(()) => good = middle,
            Err(error) => {
                bad = middle;
                reason = error::refused_values(&error).ok_or(error)?;
            }
        }
    }
    let mut index = good;
    for (batch, Batch { records, .. }) in batches.iter().enumerate() {
        if index < records.len() {
            return Ok(Error::Poison { batch, index, reason });
        }
        index -= records.len();
    }
    // No records: what was refused is the progress itself.
    Err(Error::Schema(reason))
}

/// The first `count` records of the batches.
fn first<'a>(batches: &[Batch<'a>], mut count: usize) -> Vec<Batch<'a>> {
    let take = |batch: &Batch<'a>| {
        let taken = count.min(batch.records.len());
        count -= taken;
        Batch { records: batch.records.first(taken), ..*batch }
    };
    batches.iter().map(take).collect()
}
