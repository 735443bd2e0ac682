//! Loads states and facts of one partition, all in one call.

use std::collections::{BTreeMap, HashMap};

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use threadline_domain::limits::KNOWN_MESSAGES_MAX;
use threadline_domain::thread::{MessageFact, Thread};
use threadline_domain::{MessageId, Partition, ThreadId, Timestamp, Topic};
use uuid::Uuid;

use crate::{Error, Progress, Schema, positions, rows};

/// States and facts with a progress that all of them have reached at least.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// In the order asked; `None` where there is no such thread.
    pub states: Vec<Option<Thread>>,
    /// In the order asked; `None` where the id was never used in that thread.
    pub facts: Vec<Option<MessageFact>>,
    /// Events after it may be in some of the states and facts already.
    pub progress: Progress,
}

/// A thread, and where to look for messages whose ids are ahead of its last event.
struct Found {
    state: Thread,
    floor: MessageId,
    is_ahead: bool,
}

/// Loads with a statement for the states and, if facts are wanted or messages are ahead, one for the facts. Each statement
/// sees one snapshot, the second one a later one: a state never lacks a message that it counts.
pub(crate) async fn load(
    schema: &Schema,
    pool: &PgPool,
    partition: Partition,
    threads: &[ThreadId],
    facts: &[(ThreadId, MessageId)],
) -> Result<Loaded, Error> {
    let mut loaded = Loaded::default();
    let mut found = HashMap::new();
    if !threads.is_empty() {
        (found, loaded.progress) = states(schema, pool, partition, threads).await?;
    }
    let ahead: Vec<_> =
        found.iter().filter(|(_, found)| found.is_ahead).map(|(&id, found)| (id, found.floor)).collect();
    let mut known = HashMap::new();
    if !facts.is_empty() || !ahead.is_empty() {
        let (messages, reached) = messages(schema, pool, partition, facts, &ahead).await?;
        known = messages;
        if threads.is_empty() {
            loaded.progress = reached;
        }
    }
    loaded.facts = facts.iter().map(|(thread, message)| known.get(&thread.0)?.get(message).cloned()).collect();
    let state = |thread: &ThreadId| {
        let Found { mut state, floor, is_ahead } = found.remove(&thread.0)?;
        let messages = known.get(&thread.0).filter(|_| is_ahead).into_iter().flatten();
        let messages = messages.filter(|(id, _)| **id > floor).map(|(id, fact)| (*id, fact.clone()));
        let last_event_at = Timestamp(floor.minted_ms().unwrap_or_default());
        state.know_messages_ahead(last_event_at, messages);
        Some(state)
    };
    loaded.states = threads.iter().map(state).collect();
    Ok(loaded)
}

async fn states(
    schema: &Schema,
    pool: &PgPool,
    partition: Partition,
    threads: &[ThreadId],
) -> Result<(HashMap<Uuid, Found>, Progress), Error> {
    let rows = sqlx::query(schema.sql(
        "select coalesce(p.next, 0) as next, p.cause, t.id, t.kind, t.key, t.title, t.metadata, t.created_at,
             t.archived_at, t.last_seq, t.last_number, t.floor, t.highest_message > t.floor as is_ahead, m.users, m.roles
         from (select) as always
         left join @positions p on p.topic = $3 and p.partition = $2
         cross join unnest($1::uuid[]) as wanted(id)
         left join @threads t on t.id = wanted.id
         cross join lateral (
             select coalesce(array_agg(user_id), '{}') as users, coalesce(array_agg(role), '{}') as roles
             from @members where thread = t.id) m",
    ))
    .bind(threads.iter().map(|thread| thread.0).collect::<Vec<_>>())
    .bind(partition as i32)
    .bind(Topic::Messages.name())
    .fetch_all(pool)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    let mut reached = Progress::default();
    for row in &rows {
        reached = positions::progress(row.try_get("next")?, row.try_get("cause")?);
        if let Some(id) = row.try_get::<Option<Uuid>, _>("id")? {
            let floor = MessageId(row.try_get("floor")?);
            let is_ahead = row.try_get::<Option<_>, _>("is_ahead")?.unwrap_or(false);
            found.insert(id, Found { state: state(row)?, floor, is_ahead });
        }
    }
    Ok((found, reached))
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
        known_floor: None,
    })
}

/// Facts of messages by thread.
type Facts = HashMap<Uuid, BTreeMap<MessageId, MessageFact>>;

/// Loads these facts, and of the threads in `ahead` the facts of the highest ids above a floor: one more than a state keeps
/// tells that there are others.
async fn messages(
    schema: &Schema,
    pool: &PgPool,
    partition: Partition,
    facts: &[(ThreadId, MessageId)],
    ahead: &[(Uuid, MessageId)],
) -> Result<(Facts, Progress), Error> {
    let rows = sqlx::query(schema.sql(
        "select coalesce(p.next, 0) as next, p.cause, f.*
         from (select) as always
         left join @positions p on p.topic = $4 and p.partition = $3
         left join (
             select f.* from unnest($1::uuid[], $2::uuid[]) as wanted(thread, message)
             join @facts f on f.thread = wanted.thread and f.message = wanted.message
             union all
             select f.* from unnest($5::uuid[], $6::uuid[]) as a(thread, floor)
             cross join lateral (
                 select * from @facts f where f.thread = a.thread and f.message > a.floor
                 order by f.message desc limit $7) f) f on true",
    ))
    .bind(facts.iter().map(|(thread, _)| thread.0).collect::<Vec<_>>())
    .bind(facts.iter().map(|(_, message)| message.0).collect::<Vec<_>>())
    .bind(partition as i32)
    .bind(Topic::Messages.name())
    .bind(ahead.iter().map(|(thread, _)| *thread).collect::<Vec<_>>())
    .bind(ahead.iter().map(|(_, floor)| floor.0).collect::<Vec<_>>())
    .bind(KNOWN_MESSAGES_MAX as i64 + 1)
    .fetch_all(pool)
    .await?;
    let mut found = Facts::new();
    let mut reached = Progress::default();
    for row in &rows {
        reached = positions::progress(row.try_get("next")?, row.try_get("cause")?);
        if let Some(thread) = row.try_get::<Option<Uuid>, _>("thread")? {
            found.entry(thread).or_default().insert(MessageId(row.try_get("message")?), fact(row)?);
        }
    }
    Ok((found, reached))
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
