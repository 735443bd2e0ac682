//! What a decider loads: states and facts of one partition, all in one call.

use std::collections::{BTreeMap, HashMap};

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use threadline_domain::thread::{MessageFact, Thread};
use threadline_domain::{MessageId, Partition, ThreadId, Timestamp, Topic};
use uuid::Uuid;

use crate::{Error, Progress, positions, rows};

/// States and facts with a progress that all of them have reached at least.
#[derive(Clone, Debug, Default)]
pub struct Deciding {
    /// In the order asked; `None` where there is no such thread.
    pub states: Vec<Option<Thread>>,
    /// In the order asked; `None` where the id was never used in that thread.
    pub facts: Vec<Option<MessageFact>>,
    /// Events after it may be in some of the states and facts already.
    pub progress: Progress,
}

/// Loads them with a statement for the states and one for the facts, side by side. Each statement sees one snapshot; the
/// earlier one's progress is answered.
pub(crate) async fn load(
    pool: &PgPool,
    partition: Partition,
    threads: &[ThreadId],
    facts: &[(ThreadId, MessageId)],
) -> Result<Deciding, Error> {
    let loading =
        async { if threads.is_empty() { Ok(None) } else { states(pool, partition, threads).await.map(Some) } };
    let looking = async { if facts.is_empty() { Ok(None) } else { messages(pool, partition, facts).await.map(Some) } };
    let (loaded, looked) = tokio::try_join!(loading, looking)?;
    let reached = [loaded.as_ref().map(|(_, reached)| *reached), looked.as_ref().map(|(_, reached)| *reached)];
    let progress = reached.into_iter().flatten().min_by_key(|progress| progress.next).unwrap_or_default();
    Ok(Deciding {
        states: loaded.map(|(states, _)| states).unwrap_or_default(),
        facts: looked.map(|(facts, _)| facts).unwrap_or_default(),
        progress,
    })
}

async fn states(
    pool: &PgPool,
    partition: Partition,
    threads: &[ThreadId],
) -> Result<(Vec<Option<Thread>>, Progress), Error> {
    let rows = sqlx::query(
        "select coalesce(p.next, 0) as next, p.cause, t.id, t.kind, t.key, t.title, t.metadata, t.created_at,
             t.archived_at, t.last_seq, t.last_number, t.last_message, m.users, m.roles
         from (select) as always
         left join positions p on p.topic = $3 and p.partition = $2
         cross join unnest($1::uuid[]) as wanted(id)
         left join threads t on t.id = wanted.id
         cross join lateral (
             select coalesce(array_agg(user_id), '{}') as users, coalesce(array_agg(role), '{}') as roles
             from members where thread = t.id and role is not null) m",
    )
    .bind(threads.iter().map(|thread| thread.0).collect::<Vec<_>>())
    .bind(partition as i32)
    .bind(Topic::Messages.name())
    .fetch_all(pool)
    .await?;
    let mut found: HashMap<Uuid, Thread> = HashMap::with_capacity(rows.len());
    let mut reached = Progress::default();
    for row in &rows {
        reached = positions::progress(row.try_get("next")?, row.try_get("cause")?);
        if let Some(id) = row.try_get::<Option<Uuid>, _>("id")? {
            found.insert(id, state(row)?);
        }
    }
    Ok((threads.iter().map(|thread| found.remove(&thread.0)).collect(), reached))
}

fn state(row: &PgRow) -> Result<Thread, Error> {
    let users: Vec<String> = row.try_get("users")?;
    let roles: Vec<String> = row.try_get("roles")?;
    Ok(Thread {
        kind: Some(rows::named(row.try_get("kind")?)?),
        key: rows::text(row.try_get("key")?),
        title: row.try_get::<Option<&[u8]>, _>("title")?.map(rows::typed).transpose()?,
        metadata: rows::metadata(row.try_get("metadata")?)?,
        members: (users.iter().zip(&roles))
            .map(|(user, role)| Ok((rows::user(user)?, rows::named(role)?)))
            .collect::<Result<_, Error>>()?,
        created_at: Timestamp(row.try_get("created_at")?),
        archived_at: rows::time(row.try_get("archived_at")?),
        last_seq: row.try_get::<i64, _>("last_seq")? as u64,
        last_number: row.try_get::<i64, _>("last_number")? as u64,
        known: BTreeMap::new(),
        known_floor: row.try_get::<Option<Uuid>, _>("last_message")?.map(MessageId),
    })
}

async fn messages(
    pool: &PgPool,
    partition: Partition,
    facts: &[(ThreadId, MessageId)],
) -> Result<(Vec<Option<MessageFact>>, Progress), Error> {
    let rows = sqlx::query(
        "select coalesce(p.next, 0) as next, p.cause, m.thread, m.id, m.seq, m.number, m.sender, m.sent_at,
             m.posted_digest, m.edited_digest, m.changed_seq, m.changed_at, m.deleted_at is not null as deleted
         from (select) as always
         left join positions p on p.topic = $4 and p.partition = $3
         cross join unnest($1::uuid[], $2::uuid[]) as wanted(thread, id)
         left join messages m on m.id = wanted.id and m.thread = wanted.thread",
    )
    .bind(facts.iter().map(|(thread, _)| thread.0).collect::<Vec<_>>())
    .bind(facts.iter().map(|(_, message)| message.0).collect::<Vec<_>>())
    .bind(partition as i32)
    .bind(Topic::Messages.name())
    .fetch_all(pool)
    .await?;
    let mut found: HashMap<(Uuid, Uuid), MessageFact> = HashMap::with_capacity(rows.len());
    let mut reached = Progress::default();
    for row in &rows {
        reached = positions::progress(row.try_get("next")?, row.try_get("cause")?);
        if let Some(id) = row.try_get::<Option<Uuid>, _>("id")? {
            found.insert((row.try_get("thread")?, id), fact(row)?);
        }
    }
    Ok((facts.iter().map(|(thread, message)| found.remove(&(thread.0, message.0))).collect(), reached))
}

fn fact(row: &PgRow) -> Result<MessageFact, Error> {
    Ok(MessageFact {
        seq: row.try_get::<i64, _>("seq")? as u64,
        number: row.try_get::<i64, _>("number")? as u64,
        sender: rows::actor(row.try_get("sender")?)?,
        sent_at: Timestamp(row.try_get("sent_at")?),
        posted_digest: row.try_get("posted_digest")?,
        edited_digest: row.try_get("edited_digest")?,
        changed_seq: row.try_get::<i64, _>("changed_seq")? as u64,
        changed_at: Timestamp(row.try_get("changed_at")?),
        deleted: row.try_get("deleted")?,
    })
}
