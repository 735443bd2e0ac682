//! The table `messages`: messages as they stand now.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::thread::{Change, Event, MessagePosted};
use threadline_domain::{Actor, MessageId, Metadata, ThreadId, Timestamp, UserId};
use uuid::Uuid;

use super::{MessageView, Window};
use crate::{Error, Schema, rows};

/// What some records do to one message.
struct Patch<'a> {
    message: MessageId,
    posted: Option<Posted<'a>>,
    content: Option<Vec<u8>>,
    metadata: Option<Vec<u8>>,
    edited_at: Option<Timestamp>,
    deleted: Option<Deleted<'a>>,
    /// The seqs of the last of these records that carry content and metadata.
    content_seq: Option<u64>,
    metadata_seq: Option<u64>,
}

/// How a message came.
#[derive(Clone, Copy)]
struct Posted<'a> {
    message: &'a MessagePosted,
    seq: u64,
    sender: &'a Actor,
    at: Timestamp,
}

/// How a message went.
#[derive(Clone, Copy)]
struct Deleted<'a> {
    at: Timestamp,
    by: &'a Actor,
}

/// What some records do to messages.
#[derive(Default)]
pub(super) struct Pending<'a> {
    /// By thread and number.
    patches: BTreeMap<(ThreadId, u64), Patch<'a>>,
    /// Messages with the number of another one, which the table refuses.
    repeated: Vec<(ThreadId, Patch<'a>)>,
}

impl<'a> Pending<'a> {
    pub(super) fn add(&mut self, event: &'a Event) {
        let key = |number| (event.thread, number);
        match &event.change {
            Change::MessagePosted(posted) => {
                let patch = Patch {
                    message: posted.message,
                    posted: Some(Posted { message: posted, seq: event.seq, sender: &event.actor, at: event.at }),
                    content: Some(rows::stored(&posted.content)),
                    metadata: Some(rows::stored_metadata(&posted.metadata)),
                    edited_at: None,
                    deleted: None,
                    content_seq: Some(event.seq),
                    metadata_seq: Some(event.seq),
                };
                if let Some(earlier) = self.patches.insert(key(posted.number), patch) {
                    self.repeated.push((event.thread, earlier));
                }
            }
            Change::MessageEdited { message, number, content, metadata } => {
                let patch = self.patches.entry(key(*number)).or_insert_with(|| Patch::of(*message));
                patch.content = Some(rows::stored(content));
                patch.content_seq = Some(event.seq);
                if let Some(metadata) = metadata {
                    patch.metadata = Some(rows::stored_metadata(metadata));
                    patch.metadata_seq = Some(event.seq);
                }
                patch.edited_at = Some(event.at);
            }
            Change::MessageDeleted { message, number } => {
                let patch = self.patches.entry(key(*number)).or_insert_with(|| Patch::of(*message));
                patch.content = Some(rows::stored(&"".into()));
                patch.metadata = Some(rows::stored_metadata(&Metadata::default()));
                patch.deleted = Some(Deleted { at: event.at, by: &event.actor });
            }
            Change::ThreadCreated(_)
            | Change::ThreadChanged(_)
            | Change::ThreadArchived
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::MemberRoleChanged { .. } => {}
        }
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let (mut posted, mut changed) = (vec![], vec![]);
        let repeated = self.repeated.iter().map(|(thread, patch)| (*thread, 0, patch));
        let patches = self.patches.iter().map(|((thread, number), patch)| (*thread, *number, patch));
        for (thread, number, patch) in repeated.chain(patches) {
            match patch.posted {
                Some(posting) => posted.push((thread.0, patch, posting)),
                None => changed.push((thread.0, number, patch)),
            }
        }
        if !posted.is_empty() {
            insert(schema, connection, &posted).await?;
        }
        if !changed.is_empty() {
            update(schema, connection, &changed).await?;
        }
        Ok(())
    }
}

impl Patch<'_> {
    /// Returns the seq of the event that carries the present content; `None` when the message was deleted.
    fn content_seq(&self) -> Option<u64> {
        self.content_seq.filter(|_| self.deleted.is_none())
    }

    /// Returns the seq of the event that carries the present metadata; `None` when the message was deleted.
    fn metadata_seq(&self) -> Option<u64> {
        self.metadata_seq.filter(|_| self.deleted.is_none())
    }

    /// Of a message that was posted before.
    fn of(message: MessageId) -> Self {
        Self {
            message,
            posted: None,
            content: None,
            metadata: None,
            edited_at: None,
            deleted: None,
            content_seq: None,
            metadata_seq: None,
        }
    }
}

async fn insert(
    schema: &Schema,
    connection: &mut PgConnection,
    posted: &[(Uuid, &Patch<'_>, Posted<'_>)],
) -> Result<(), sqlx::Error> {
    let patches = || posted.iter().map(|(_, patch, _)| *patch);
    let postings = || posted.iter().map(|(.., posting)| *posting);
    sqlx::query(schema.sql(
        "insert into @messages (thread, number, id, seq, sender, kind, content, metadata, reply_to, sent_at,
             edited_at, deleted_at, deleted_by, content_seq, metadata_seq)
         select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::bytea[],
             $8::bytea[], $9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[], $15::bigint[])",
    ))
    .bind(posted.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.message.number as i64).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.message.message.0).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.seq as i64).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.sender.as_str()).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.message.kind.name()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.content.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.as_deref()).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.message.reply_to.map(|id| id.0)).collect::<Vec<_>>())
    .bind(postings().map(|posting| posting.at.millis()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.edited_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.deleted.map(|deleted| deleted.at.millis())).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.deleted.map(|deleted| deleted.by.as_str())).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.content_seq().map(|seq| seq as i64)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata_seq().map(|seq| seq as i64)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(
    schema: &Schema,
    connection: &mut PgConnection,
    changed: &[(Uuid, u64, &Patch<'_>)],
) -> Result<(), sqlx::Error> {
    let patches = || changed.iter().map(|(.., patch)| *patch);
    sqlx::query(schema.sql(
        "update @messages m set
             content = coalesce(p.content, m.content), metadata = coalesce(p.metadata, m.metadata),
             edited_at = coalesce(p.edited_at, m.edited_at), deleted_at = coalesce(p.deleted_at, m.deleted_at),
             deleted_by = coalesce(p.deleted_by, m.deleted_by),
             content_seq = case when coalesce(p.deleted_at, m.deleted_at) is null then coalesce(p.content_seq, m.content_seq) end,
             metadata_seq = case when coalesce(p.deleted_at, m.deleted_at) is null then coalesce(p.metadata_seq, m.metadata_seq) end
         from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bigint[], $8::text[],
                  $9::bigint[], $10::bigint[])
              as p(thread, number, id, content, metadata, edited_at, deleted_at, deleted_by, content_seq, metadata_seq)
         where m.thread = p.thread and m.number = p.number and m.id = p.id",
    ))
    .bind(changed.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, number, _)| *number as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.message.0).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.content.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.edited_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.deleted.map(|deleted| deleted.at.millis())).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.deleted.map(|deleted| deleted.by.as_str())).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.content_seq().map(|seq| seq as i64)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata_seq().map(|seq| seq as i64)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns that [`view`] reads, of the row called `m`.
macro_rules! columns {
    () => {
        "m.id, m.thread, m.seq, m.number, m.sender, m.kind, m.content, m.metadata, m.reply_to, m.sent_at, \
         m.edited_at, m.deleted_at, m.deleted_by"
    };
}
pub(super) use columns;

/// The message in a row; `None` when an outer join found none.
pub(super) fn view(row: &PgRow) -> Result<Option<MessageView>, Error> {
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
        deleted_by: row.try_get::<Option<String>, _>("deleted_by")?.map(|by| rows::actor(&by)).transpose()?,
    }))
}

/// A page of a thread's messages, newest first; `None` when the viewer is not in the thread.
pub(super) async fn page(
    schema: &Schema,
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
    let rows = sqlx::query(schema.sql(concat!(
        "select ",
        columns!(),
        " from @members v left join lateral (
              (select * from @messages where thread = v.thread and number <= $3 order by number desc limit $4)
              union all
              (select * from @messages where thread = v.thread and number > $5 order by number limit $6)) m on true
          where v.thread = $1 and v.user_id = $2 and v.role is not null
          order by m.number desc"
    )))
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

/// The messages of this id in the viewer's threads, or in one of them; two at most.
pub(super) async fn find(
    schema: &Schema,
    pool: &PgPool,
    viewer: &UserId,
    message: MessageId,
    thread: Option<ThreadId>,
) -> Result<Vec<MessageView>, Error> {
    let rows = sqlx::query(schema.sql(concat!(
        "select ",
        columns!(),
        " from @messages m join @members v on v.thread = m.thread
          where m.id = $2 and v.user_id = $1 and v.role is not null and ($3::uuid is null or m.thread = $3)
          order by m.sent_at, m.thread limit 2"
    )))
    .bind(viewer.as_str())
    .bind(message.0)
    .bind(thread.map(|thread| thread.0))
    .fetch_all(pool)
    .await?;
    rows.iter().filter_map(|row| view(row).transpose()).collect()
}
