//! The inbox of each user: which threads were active last, and which may have something unread.
//!
//! It lies in the members' rows, so that a list of threads or of unread counts costs what it shows, however many threads its
//! user is in. What it costs to write is kept small:
//!
//! - `activity` is the time of the thread's latest event rounded down to 8 s. The members' rows of a thread that never rests
//!   are written once in 8 s for it, not once a message. Lists read a little more than they show, and sort by the exact time.
//! - `unread` says that the member may have something unread. It is written when that begins or ends. In a thread with more
//!   than 256 members it is always true: its members are counted one by one when they ask.
//!
//! How many messages are unread is never stored: it follows from the last number, the number read and the number joined at.

use std::collections::BTreeMap;

use sqlx::PgPool;
use threadline_domain::{ThreadId, Timestamp, UserId};
use uuid::Uuid;

use crate::{Error, Schema};

/// Times are rounded down to 2 to the power of this, milliseconds.
const ACTIVITY_BITS: u32 = 13;

/// The same as [`activity_of`], of a column.
macro_rules! activity {
    ($at:literal) => {
        concat!("(", $at, " >> 13)")
    };
}
pub(super) use activity;

/// Whether a thread has so many members that their rows do not say whether something is unread.
macro_rules! is_large {
    ($thread:literal) => {
        concat!("(", $thread, ".member_count > 256)")
    };
}
pub(super) use is_large;

/// Whether member `m` of thread `t` may have something unread.
macro_rules! may_be_unread {
    () => {
        concat!(
            "(",
            $crate::conversations::inbox::is_large!("t"),
            " or t.last_number > greatest(m.read_number, m.joined_number))"
        )
    };
}
pub(super) use may_be_unread;

/// How much member `v` of thread `t` has not read: messages since the member joined, except deleted ones.
macro_rules! unread {
    () => {
        "greatest(0, t.last_number - greatest(v.read_number, v.joined_number) - case when t.deleted_count = 0 then 0 else (
             select count(*) from @messages d
             where d.thread = t.id and d.number > greatest(v.read_number, v.joined_number) and d.deleted_at is not null) end)"
    };
}
pub(super) use unread;

/// Returns the position in an inbox of a thread that was active then.
pub(super) fn activity_of(active_at: Timestamp) -> i64 {
    active_at.millis() >> ACTIVITY_BITS
}

/// Every thread of the user with something unread, and how much.
pub(super) async fn unread_counts(
    schema: &Schema,
    pool: &PgPool,
    user: &UserId,
) -> Result<BTreeMap<ThreadId, u64>, Error> {
    let statement = concat!(
        "select u.thread, u.unread from (
             select v.thread, ",
        unread!(),
        " as unread from @members v join @threads t on t.id = v.thread
             where v.user_id = $1 and v.unread) u
         where u.unread > 0"
    );
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(schema.sql(statement)).bind(user.as_str()).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(thread, unread)| (ThreadId(thread), unread.cast_unsigned())).collect())
}
