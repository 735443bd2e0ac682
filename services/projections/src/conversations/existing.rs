//! What is there already of threads that somebody imports into.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use sqlx::{PgPool, Row};
use threadline_domain::{ThreadId, UserId};
use uuid::Uuid;

use super::{ExistingMember, ExistingThread, IdMark};
use super::{inbox, users};
use crate::{Error, Schema, rows};

/// Reads those of these threads that exist, from one snapshot a statement: the caller sees to it that nothing is under way.
/// Each comes with the mark that the importer's message ids have in it.
pub(super) async fn threads(
    schema: &Schema,
    pool: &PgPool,
    wanted: &[(ThreadId, IdMark)],
) -> Result<BTreeMap<ThreadId, ExistingThread>, Error> {
    let ids = || wanted.iter().map(|(thread, _)| thread.0).collect::<Vec<_>>();
    let found = sqlx::query(schema.sql(
        "select t.id, t.kind, t.last_number, s.newest, s.foreign_messages
         from unnest($1::uuid[], $2::bytea[]) as w(thread, mark)
         join @threads t on t.id = w.thread
         cross join lateral (
             select max(m.sent_at) as newest,
                 count(*) filter (where substring(uuid_send(m.id) from 7 for 4) <> w.mark) as foreign_messages
             from @messages m where m.thread = t.id) s",
    ))
    .bind(ids())
    .bind(wanted.iter().map(|(_, mark)| mark.0.as_slice()).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    let mut threads = BTreeMap::new();
    for row in &found {
        let thread = ExistingThread {
            kind: rows::named(row.try_get("kind")?)?,
            last_number: row.try_get::<i64, _>("last_number")? as u64,
            newest_sent_at: rows::time(row.try_get("newest")?),
            foreign_messages: row.try_get::<i64, _>("foreign_messages")? as u64,
            members: BTreeMap::new(),
            changes: Vec::new(),
        };
        threads.insert(ThreadId(row.try_get("id")?), thread);
    }
    if threads.is_empty() {
        return Ok(threads);
    }
    let members = sqlx::query(schema.sql(concat!(
        "select v.thread, v.user_id, v.role, v.read_number, ",
        inbox::unread!(),
        " as unread from @members v join @threads t on t.id = v.thread
          where v.thread = any($1) and v.role is not null"
    )))
    .bind(ids())
    .fetch_all(pool)
    .await?;
    for row in &members {
        let member = ExistingMember {
            role: rows::named(row.try_get("role")?)?,
            read_number: row.try_get::<i64, _>("read_number")? as u64,
            unread: row.try_get::<i64, _>("unread")? as u64,
        };
        if let Some(thread) = threads.get_mut(&ThreadId(row.try_get("thread")?)) {
            thread.members.insert(rows::user(row.try_get("user_id")?)?, member);
        }
    }
    let changes: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
        schema
            .sql("select thread, value from @timeline where thread = any($1) and number is null order by thread, seq"),
    )
    .bind(ids())
    .fetch_all(pool)
    .await?;
    for (thread, value) in changes {
        if let Some(thread) = threads.get_mut(&ThreadId(thread)) {
            thread.changes.push(Bytes::from(value));
        }
    }
    Ok(threads)
}

/// Reads how far these people have read these threads; who has not is left out.
pub(super) async fn read_numbers(
    schema: &Schema,
    pool: &PgPool,
    wanted: &[(ThreadId, UserId)],
) -> Result<BTreeMap<(ThreadId, UserId), u64>, Error> {
    let rows: Vec<(Uuid, String, i64)> = sqlx::query_as(schema.sql(
        "select m.thread, m.user_id, m.read_number from unnest($1::uuid[], $2::text[]) as w(thread, user_id)
         join @members m on m.thread = w.thread and m.user_id = w.user_id",
    ))
    .bind(wanted.iter().map(|(thread, _)| thread.0).collect::<Vec<_>>())
    .bind(wanted.iter().map(|(_, user)| user.as_str()).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    let number = |(thread, user, number): (Uuid, String, i64)| {
        Ok(((ThreadId(thread), rows::user(&user)?), number.cast_unsigned()))
    };
    rows.into_iter().map(number).collect()
}

/// Reads which of these users have a name.
pub(super) async fn named_users(schema: &Schema, pool: &PgPool, users: &[UserId]) -> Result<BTreeSet<UserId>, Error> {
    let statement = "select id from @users where id = any($1) and name <> $2";
    let rows: Vec<String> = sqlx::query_scalar(schema.sql(statement))
        .bind(users.iter().map(UserId::as_str).collect::<Vec<_>>())
        .bind(users::NO_NAME)
        .fetch_all(pool)
        .await?;
    rows.iter().map(|user| rows::user(user)).collect()
}
