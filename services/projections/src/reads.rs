//! How far each member has read, and how much is left.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool};
use threadline_domain::thread::Change;
use threadline_domain::{Actor, ReadMark, ThreadId, Timestamp, UserId};
use uuid::Uuid;

use crate::{Error, ReadPlace, Receipt, Recorded, rows};

/// The greatest mark of each member that a batch brings.
///
/// Marks come from two topics that interleave as they like, so merging them must not depend on their order: the
/// greatest (number, time) wins.
#[derive(Default)]
pub(crate) struct Pending<'a>(BTreeMap<(&'a UserId, ThreadId), (u64, Timestamp)>);

impl<'a> Pending<'a> {
    /// Sending moves one's own mark.
    pub(crate) fn add(&mut self, recorded: &'a Recorded) {
        let event = &recorded.event;
        if let (Change::MessagePosted(posted), Actor::User(sender)) = (&event.change, &event.actor) {
            self.merge(sender, event.thread, (posted.number, event.at));
        }
    }

    pub(crate) fn add_mark(&mut self, mark: &'a ReadMark) {
        self.merge(&mark.user, mark.thread, (mark.number, mark.at));
    }

    fn merge(&mut self, user: &'a UserId, thread: ThreadId, mark: (u64, Timestamp)) {
        let greatest = self.0.entry((user, thread)).or_insert(mark);
        *greatest = mark.max(*greatest);
    }

    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        // Sorted by key, so that projectors of different topics lock rows in the same order.
        sqlx::query(
            "insert into reads as r (user_id, thread, number, at)
             select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::bigint[])
             on conflict (user_id, thread) do update set number = excluded.number, at = excluded.at
             where (excluded.number, excluded.at) > (r.number, r.at)",
        )
        .bind(self.0.keys().map(|(user, _)| user.as_str()).collect::<Vec<_>>())
        .bind(self.0.keys().map(|(_, thread)| thread.0).collect::<Vec<_>>())
        // A mark may name any number; none is greater than the greatest that can be stored.
        .bind(self.0.values().map(|(number, _)| i64::try_from(*number).unwrap_or(i64::MAX)).collect::<Vec<_>>())
        .bind(self.0.values().map(|(_, at)| at.millis()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Every thread of the user with something unread, and how much.
pub(crate) async fn unread(pool: &PgPool, user: &UserId) -> Result<Vec<(ThreadId, u64)>, Error> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "select * from (
             select m.thread, t.last_number - coalesce(r.number, 0) - (
                 select count(*) from messages d
                 where d.thread = m.thread and d.number > coalesce(r.number, 0) and d.deleted_at is not null) as unread
             from members m
             join threads t on t.id = m.thread
             left join reads r on r.user_id = m.user_id and r.thread = m.thread
             where m.user_id = $1 and m.role is not null and t.last_number > coalesce(r.number, 0)) u
         where unread > 0",
    )
    .bind(user.as_str())
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(thread, unread)| (ThreadId(thread), unread as u64)).collect())
}

/// Up to where the user has read a thread, and its last number; `None` when the user is not in it.
pub(crate) async fn place(pool: &PgPool, user: &UserId, thread: ThreadId) -> Result<Option<ReadPlace>, Error> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "select least(coalesce(r.number, 0), t.last_number), t.last_number
         from members m
         join threads t on t.id = m.thread
         left join reads r on r.user_id = m.user_id and r.thread = m.thread
         where m.thread = $1 and m.user_id = $2 and m.role is not null",
    )
    .bind(thread.0)
    .bind(user.as_str())
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|(number, last_number)| ReadPlace { number: number as u64, last_number: last_number as u64 }))
}

/// Who has read up to where; `None` when the viewer is not in the thread.
pub(crate) async fn receipts(pool: &PgPool, viewer: &UserId, thread: ThreadId) -> Result<Option<Vec<Receipt>>, Error> {
    let rows: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
        "select m.user_id, least(coalesce(r.number, 0), t.last_number), r.at
         from members v
         join threads t on t.id = v.thread
         join members m on m.thread = v.thread and m.role is not null
         left join reads r on r.user_id = m.user_id and r.thread = m.thread
         where v.thread = $1 and v.user_id = $2 and v.role is not null
         order by m.user_id",
    )
    .bind(thread.0)
    .bind(viewer.as_str())
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let receipt = |(user, number, at): (String, i64, Option<i64>)| {
        Ok(Receipt { user: rows::user(&user)?, number: number as u64, at: rows::time(at) })
    };
    rows.into_iter().map(receipt).collect::<Result<_, _>>().map(Some)
}
