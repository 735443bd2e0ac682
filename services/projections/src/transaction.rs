//! Applies records to generations: rows and progress in one transaction.

use sqlx::{Connection, PgConnection};
use threadline_domain::{Partition, Topic};

use crate::positions::Step;
use crate::{Entry, Error, Feed, Letter, Lock, Progress, Rows, Schema, dead_letters, error, positions};

/// Begins a transaction whose commit does not wait for the disk. What a crash of Postgres loses, it loses together with
/// the progress, and the log has it.
const BEGIN: &str = "begin; set local synchronous_commit = off";

/// Some records of one partition, in the order of the log without duplicates, and the step in progress that they are.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    pub topic: Topic,
    pub partition: Partition,
    /// The progress before.
    pub from: Progress,
    /// The progress after.
    pub to: Progress,
    pub entries: Vec<&'a Entry>,
    /// Records that could not be read or applied.
    pub letters: Vec<&'a Letter>,
}

/// A generation's part of a transaction.
#[derive(Clone, Debug)]
pub struct Share<'a> {
    pub feed: &'a Feed,
    /// Batches of different partitions.
    pub batches: Vec<Batch<'a>>,
}

/// Why a transaction was rolled back.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Another projector has moved a partition of this generation.
    #[error("fenced: another projector has moved a partition of {schema}")]
    Fenced {
        /// The generation's schema.
        schema: Schema,
    },
    /// One record's rows cannot be written; a retry cannot help.
    #[error("record {index} of batch {batch} of share {share} cannot be applied: {reason}")]
    Poison {
        /// The index of the share.
        share: usize,
        /// The index of its batch.
        batch: usize,
        /// The index of its entry.
        index: usize,
        reason: String,
    },
    /// Any other failure. Whether the transaction committed is unknown if its commit failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for ProjectError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Applies batches in one transaction. Each generation moves by a compare-and-set of its own progress. All generations
/// must be in one database.
///
/// ```text
/// BEGIN
///   lock partitions                                  in one order everywhere
///   positions: from -> to for every batch            ProjectError::Fenced if one is elsewhere
///   rows.apply                                       ProjectError::Poison names the record at fault
/// COMMIT
/// ```
///
/// On `Ok` all batches are applied. On `Fenced` and `Poison` none is. On `Failed` none is, unless the commit itself
/// failed: then only the generations' progress tells. Dropping the future rolls back.
pub async fn project(shares: &[Share<'_>]) -> Result<(), ProjectError> {
    let Some(first) = shares.first() else { return Ok(()) };
    let mut connection = first.feed.pool.acquire().await?;
    let rows: Vec<_> = shares.iter().map(|share| rows_of(share, usize::MAX)).collect();
    let mut transaction = connection.begin_with(BEGIN).await?;
    for (share, rows) in shares.iter().zip(&rows) {
        lock(schema(share), rows.as_ref(), &mut transaction).await?;
        if !positions::advance(schema(share), &mut transaction, share.batches.iter().map(step)).await? {
            transaction.rollback().await?;
            return Err(ProjectError::Fenced { schema: schema(share).clone() });
        }
    }
    for (index, (share, rows)) in shares.iter().zip(&rows).enumerate() {
        if let Err(error) = apply(share, rows.as_ref(), &mut transaction).await {
            transaction.rollback().await?;
            return Err(match error::refused_values(&error) {
                Some(reason) => poison(&mut connection, index, share, reason).await?,
                None => error.into(),
            });
        }
    }
    Ok(transaction.commit().await?)
}

fn schema<'a>(share: &Share<'a>) -> &'a Schema {
    &share.feed.generation.schema
}

fn step(batch: &Batch<'_>) -> Step {
    Step { topic: batch.topic, partition: batch.partition, from: batch.from, to: batch.to }
}

/// Collects the rows of the first `count` entries.
fn rows_of<'a>(share: &Share<'a>, count: usize) -> Box<dyn Rows<'a> + 'a> {
    let mut rows = share.feed.projection.rows();
    let entries = share.batches.iter().flat_map(|batch| batch.entries.iter().map(|entry| (batch.partition, *entry)));
    for (partition, entry) in entries.take(count) {
        rows.add(partition, entry);
    }
    rows
}

async fn apply(share: &Share<'_>, rows: &dyn Rows<'_>, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    rows.apply(schema(share), connection).await?;
    let letters = share.batches.iter().flat_map(|batch| {
        let letter = |letter| (batch.topic, batch.partition, letter);
        batch.letters.iter().copied().map(letter)
    });
    dead_letters::note(schema(share), connection, &letters.collect::<Vec<_>>()).await
}

/// Takes a generation's locks, in one order everywhere.
///
/// Not in the statement that begins the transaction: a call that is dropped in the middle of that one leaves the transaction
/// open.
async fn lock(schema: &Schema, rows: &dyn Rows<'_>, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    if rows.locks().is_empty() {
        return Ok(());
    }
    sqlx::query(
        "select case when alone then pg_advisory_xact_lock($1, partition) else pg_advisory_xact_lock_shared($1, partition) end
         from unnest($2::integer[], $3::boolean[]) as l(partition, alone)",
    )
    .bind(lock_class(schema))
    .bind(rows.locks().keys().map(|partition| *partition as i32).collect::<Vec<_>>())
    .bind(rows.locks().values().map(|lock| *lock == Lock::Alone).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns a number for the locks of a generation: FNV-1a of its schema's name.
fn lock_class(schema: &Schema) -> i32 {
    let hash =
        schema.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed()
}

/// Finds the first record that makes a share fail, by halving.
async fn poison(
    connection: &mut PgConnection,
    index: usize,
    share: &Share<'_>,
    mut reason: String,
) -> Result<ProjectError, ProjectError> {
    let count = share.batches.iter().map(|batch| batch.entries.len()).sum();
    // The first `good` records can be applied, the first `bad` ones cannot.
    let (mut good, mut bad): (usize, usize) = (0, count);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        let mut transaction = connection.begin_with(BEGIN).await?;
        let applied = rows_of(share, middle).apply(schema(share), &mut transaction).await;
        transaction.rollback().await?;
        match applied {
            Ok(()) => good = middle,
            Err(error) => {
                bad = middle;
                reason = error::refused_values(&error).ok_or(error)?;
            }
        }
    }
    let mut entry = good;
    for (batch, Batch { entries, .. }) in share.batches.iter().enumerate() {
        if entry < entries.len() {
            return Ok(ProjectError::Poison { share: index, batch, index: entry, reason });
        }
        entry -= entries.len();
    }
    // No records: what was refused is the progress itself, or a letter.
    Err(Error::Schema(reason).into())
}
