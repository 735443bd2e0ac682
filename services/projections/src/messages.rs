//! Messages as they stand now.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::thread::{Change, MessageFact, MessagePosted, Thread};
use threadline_domain::{Aggregate, MessageId, Metadata, ThreadId, Timestamp, UserId};
use uuid::Uuid;

use crate::{Error, MessageView, Recorded, Window, rows};

/// What a batch does to one message.
struct Patch<'a> {
    message: MessageId,
    posted: Option<&'a MessagePosted>,
    content: Option<Vec<u8>>,
    metadata: Option<Vec<u8>>,
    edited_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    /// Of a message that is older than the batch, only what the batch changed.
    fact: MessageFact,
}

/// What a batch does to messages, by thread and number.
#[derive(Default)]
pub(crate) struct Pending<'a>(BTreeMap<(ThreadId, u64), Patch<'a>>);

impl<'a> Pending<'a> {
    pub(crate) fn add(&mut self, recorded: &'a Recorded) {
        let event = &recorded.event;
        let (message, number, posted) = match &event.change {
            Change::MessagePosted(posted) => (posted.message, posted.number, Some(posted)),
            Change::MessageEdited { message, number, .. } | Change::MessageDeleted { message, number } => {
                (*message, *number, None)
            }
            _ => return,
        };
        let patch = self.0.entry((event.thread, number)).or_insert_with(|| Patch {
            message,
            posted,
            content: None,
            metadata: None,
            edited_at: None,
            deleted_at: None,
            fact: MessageFact {
                seq: 0,
                number,
                sender: event.actor.clone(),
                sent_at: event.at,
                posted_digest: Uuid::nil(),
                edited_digest: None,
                changed_seq: 0,
                changed_at: event.at,
                deleted: false,
            },
        });
        let mut fact = if posted.is_some() { None } else { Some(patch.fact.clone()) };
        Thread::evolve_fact(message, &mut fact, event);
        patch.fact = fact.unwrap_or_else(|| patch.fact.clone());
        match &event.change {
            Change::MessagePosted(posted) => {
                patch.content = Some(rows::stored(&posted.content));
                patch.metadata = Some(rows::stored_metadata(&posted.metadata));
            }
            Change::MessageEdited { content, metadata, .. } => {
                patch.content = Some(rows::stored(content));
                if let Some(metadata) = metadata {
                    patch.metadata = Some(rows::stored_metadata(metadata));
                }
                patch.edited_at = Some(event.at);
            }
            _ => {
                patch.content = Some(rows::stored(&"".into()));
                patch.metadata = Some(rows::stored_metadata(&Metadata::default()));
                patch.deleted_at = Some(event.at);
            }
        }
    }

    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let (mut posted, mut changed) = (vec![], vec![]);
        for ((thread, _), patch) in &self.0 {
            match patch.posted {
                Some(message) => posted.push((thread.0, patch, message)),
                None => changed.push((thread.0, patch)),
            }
        }
        if !posted.is_empty() {
            insert(connection, &posted).await?;
        }
        if !changed.is_empty() {
            update(connection, &changed).await?;
        }
        Ok(())
    }
}

async fn insert(
    connection: &mut PgConnection,
    posted: &[(Uuid, &Patch<'_>, &MessagePosted)],
) -> Result<(), sqlx::Error> {
    let patches = || posted.iter().map(|(_, patch, _)| *patch);
    let messages = || posted.iter().map(|(_, _, message)| *message);
    sqlx::query(
        "insert into messages (thread, number, id, seq, sender, kind, content, metadata, reply_to, sent_at,
             edited_at, deleted_at, posted_digest, edited_digest, changed_seq, changed_at)
         select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::bytea[],
             $8::bytea[], $9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::uuid[], $14::uuid[],
             $15::bigint[], $16::bigint[])",
    )
    .bind(posted.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(messages().map(|message| message.number as i64).collect::<Vec<_>>())
    .bind(messages().map(|message| message.message.0).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.sender.as_str()).collect::<Vec<_>>())
    .bind(messages().map(|message| message.kind.name()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.content.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.as_deref()).collect::<Vec<_>>())
    .bind(messages().map(|message| message.reply_to.map(|id| id.0)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.sent_at.millis()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.edited_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.deleted_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.posted_digest).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.edited_digest).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.changed_seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.changed_at.millis()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, changed: &[(Uuid, &Patch<'_>)]) -> Result<(), sqlx::Error> {
    let patches = || changed.iter().map(|(_, patch)| *patch);
    sqlx::query(
        "update messages m set
             content = coalesce(p.content, m.content), metadata = coalesce(p.metadata, m.metadata),
             edited_at = coalesce(p.edited_at, m.edited_at), deleted_at = coalesce(p.deleted_at, m.deleted_at),
             edited_digest = coalesce(p.edited_digest, m.edited_digest),
             changed_seq = p.changed_seq, changed_at = p.changed_at
         from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bigint[],
                  $8::uuid[], $9::bigint[], $10::bigint[])
              as p(thread, number, id, content, metadata, edited_at, deleted_at, edited_digest, changed_seq, changed_at)
         where m.thread = p.thread and m.number = p.number and m.id = p.id",
    )
    .bind(changed.iter().map(|(thread, _)| *thread).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.number as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.message.0).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.content.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.edited_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.deleted_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.edited_digest).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.changed_seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.fact.changed_at.millis()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns that [`view`] reads, of the row called `m`.
macro_rules! columns {
    () => {
        "m.id, m.thread, m.seq, m.number, m.sender, m.kind, m.content, m.metadata, m.reply_to, m.sent_at, \
         m.edited_at, m.deleted_at"
    };
}
pub(crate) use columns;

/// The message in a row; `None` when an outer join found none.
pub(crate) fn view(row: &PgRow) -> Result<Option<MessageView>, Error> {
    let Some(id) = row.try_get::<Option<Uuid>, _>("id")? else { return Ok(None) };
    Ok(Some(MessageView {
        id: MessageId(id),
        thread: ThreadId(row.try_get("thread")?),
        seq: row.try_get::<i64, _>("seq")? as u64,
        number: row.try_get::<i64, _>("number")? as u64,
        sender: rows::actor(row.try_get("sender")?)?,
        kind: rows::named(row.try_get("kind")?)?,
        content: rows::typed(row.try_get("content")?)?,
        metadata: rows::metadata(row.try_get("metadata")?)?,
        reply_to: row.try_get::<Option<Uuid>, _>("reply_to")?.map(MessageId),
        sent_at: Timestamp(row.try_get("sent_at")?),
        edited_at: rows::time(row.try_get("edited_at")?),
        deleted_at: rows::time(row.try_get("deleted_at")?),
    }))
}

/// A page of a thread's messages, newest first; `None` when the viewer is not in the thread.
pub(crate) async fn page(
    pool: &PgPool,
    viewer: &UserId,
    thread: ThreadId,
    window: Window,
    limit: u32,
) -> Result<Option<Vec<MessageView>>, Error> {
    // Every window is some messages from a number down and some above another.
    let (down_from, down, above, up) = match window {
        Window::Newest => (u64::MAX, limit, 0, 0),
        Window::Before(number) => (number.saturating_sub(1), limit, 0, 0),
        Window::After(number) => (0, 0, number, limit),
        Window::Around(number) => (number, limit.div_ceil(2), number, limit / 2),
    };
    let bound = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from members v left join lateral (
              (select * from messages where thread = v.thread and number <= $3 order by number desc limit $4)
              union all
              (select * from messages where thread = v.thread and number > $5 order by number limit $6)) m on true
          where v.thread = $1 and v.user_id = $2 and v.role is not null
          order by m.number desc"
    ))
    .bind(thread.0)
    .bind(viewer.as_str())
    .bind(bound(down_from))
    .bind(i64::from(down))
    .bind(bound(above))
    .bind(i64::from(up))
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    // A member always gets a row; one without a message says that there is none.
    rows.iter().filter_map(|row| view(row).transpose()).collect::<Result<_, _>>().map(Some)
}

/// One message, in whichever of the viewer's threads it is.
pub(crate) async fn find(pool: &PgPool, viewer: &UserId, message: MessageId) -> Result<Option<MessageView>, Error> {
    let row = sqlx::query(concat!(
        "select ",
        columns!(),
        " from messages m join members v on v.thread = m.thread
          where m.id = $2 and v.user_id = $1 and v.role is not null
          order by m.sent_at, m.thread limit 1"
    ))
    .bind(viewer.as_str())
    .bind(message.0)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map_or(Ok(None), view)
}
