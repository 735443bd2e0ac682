//! The table `members`: who is in which thread, who was, and how far everybody has read.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::thread::{Change, Role};
use threadline_domain::{Actor, Offset, Partition, ReadMark, ThreadId, Timestamp, UserId};
use uuid::Uuid;

use super::{Membership, Memberships, ReadState, Receipt, inbox};
use crate::{Error, Recorded, Schema, positions, rows};

/// What some records do to one membership.
#[derive(Clone, Copy, Default)]
struct Patch {
    role: Option<Role>,
    joined: Option<Joined>,
    removed: Option<Removed>,
}

#[derive(Clone, Copy)]
struct Joined {
    seq: u64,
    /// The thread's last number; `None` when it is the stored one.
    number: Option<u64>,
}

#[derive(Clone, Copy)]
struct Removed {
    seq: u64,
    offset: Offset,
}

/// How far somebody has read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    number: u64,
    at: Timestamp,
}

/// What some records do to members, by thread and user.
#[derive(Default)]
pub(super) struct Pending<'a> {
    memberships: BTreeMap<(ThreadId, &'a UserId), Patch>,
    /// Marks come from two topics that interleave as they like, so merging them must not depend on their order: the
    /// greatest (number, time) wins.
    reads: BTreeMap<(ThreadId, &'a UserId), Read>,
}

impl<'a> Pending<'a> {
    /// Takes in an event. `last_number` is the thread's last number before it; `None` when it is the stored one.
    pub(super) fn add(&mut self, recorded: &'a Recorded, last_number: Option<u64>) {
        let event = &recorded.event;
        let joined = |role, number| {
            let joined = Some(Joined { seq: event.seq, number });
            Patch { role: Some(role), joined, removed: None }
        };
        match &event.change {
            Change::ThreadCreated(created) => {
                for member in &created.members {
                    self.memberships.insert((event.thread, &member.user), joined(member.role, Some(0)));
                }
            }
            Change::MemberAdded { user, role } => {
                self.memberships.insert((event.thread, user), joined(*role, last_number));
            }
            Change::MemberRoleChanged { user, role } => {
                self.memberships.entry((event.thread, user)).or_default().role = Some(*role);
            }
            Change::MemberRemoved { user } => {
                let patch = self.memberships.entry((event.thread, user)).or_default();
                patch.role = None;
                patch.removed = Some(Removed { seq: event.seq, offset: recorded.offset });
            }
            // Sending moves one's own mark.
            Change::MessagePosted(posted) => {
                if let Actor::User(sender) = &event.actor {
                    self.merge(event.thread, sender, Read { number: posted.number, at: event.at });
                }
            }
            Change::ThreadChanged(_)
            | Change::ThreadArchived
            | Change::MessageEdited { .. }
            | Change::MessageDeleted { .. } => {}
        }
    }

    pub(super) fn add_mark(&mut self, mark: &'a ReadMark) {
        self.merge(mark.thread, &mark.user, Read { number: mark.number, at: mark.at });
    }

    fn merge(&mut self, thread: ThreadId, user: &'a UserId, read: Read) {
        let greatest = self.reads.entry((thread, user)).or_insert(read);
        *greatest = read.max(*greatest);
    }

    /// Writes memberships, of threads as they stand before the records.
    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.memberships.is_empty() {
            return Ok(());
        }
        let patches = || self.memberships.values();
        let joined = || patches().map(|patch| patch.joined);
        let removed = || patches().map(|patch| patch.removed);
        sqlx::query(schema.sql(
            "insert into @members as m (thread, user_id, role, joined_seq, joined_number, removed_seq,
                 removed_offset, read_number, unread)
             select p.thread, p.user_id, p.role, coalesce(p.joined_seq, 0),
                 case when p.joined_seq is null then 0 else coalesce(p.joined_number, t.last_number, 0) end, p.removed_seq,
                 p.removed_offset, 0, false
             from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
                  as p(thread, user_id, role, joined_seq, joined_number, removed_seq, removed_offset)
             left join @threads t on t.id = p.thread
             on conflict (thread, user_id) do update set
                 role = excluded.role, joined_seq = greatest(m.joined_seq, excluded.joined_seq),
                 joined_number =
                     case when excluded.joined_seq > m.joined_seq then excluded.joined_number else m.joined_number end,
                 removed_seq = excluded.removed_seq, removed_offset = excluded.removed_offset,
                 activity = case when excluded.role is not null then m.activity end,
                 unread = m.unread and excluded.role is not null",
        ))
        .bind(self.memberships.keys().map(|(thread, _)| thread.0).collect::<Vec<_>>())
        .bind(self.memberships.keys().map(|(_, user)| user.as_str()).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.role.map(Role::name)).collect::<Vec<_>>())
        .bind(joined().map(|joined| Some(joined?.seq as i64)).collect::<Vec<_>>())
        .bind(joined().map(|joined| Some(joined?.number? as i64)).collect::<Vec<_>>())
        .bind(removed().map(|removed| Some(removed?.seq as i64)).collect::<Vec<_>>())
        .bind(removed().map(|removed| Some(removed?.offset as i64)).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Writes read marks, of threads as they stand before the records: what a record changes in a thread changes its
    /// members' inboxes later.
    pub(super) async fn apply_reads(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.reads.is_empty() {
            return Ok(());
        }
        let reads = || self.reads.values();
        // Sorted by key, so that projectors of different topics lock rows in the same order.
        let statement = concat!(
            "insert into @members as m (thread, user_id, joined_seq, joined_number, read_number, read_at, unread)
             select p.thread, p.user_id, 0, 0, p.number, p.at, false
             from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) as p(thread, user_id, number, at)
             on conflict (thread, user_id) do update set
                 read_number = excluded.read_number, read_at = excluded.read_at,
                 unread = m.role is not null and (
                     select ",
            inbox::is_large!("t"),
            " or t.last_number > greatest(excluded.read_number, m.joined_number)
                     from @threads t where t.id = m.thread)
             where (excluded.read_number, excluded.read_at) > (m.read_number, coalesce(m.read_at, -1))"
        );
        sqlx::query(schema.sql(statement))
            .bind(self.reads.keys().map(|(thread, _)| thread.0).collect::<Vec<_>>())
            .bind(self.reads.keys().map(|(_, user)| user.as_str()).collect::<Vec<_>>())
            // A mark may name any number; none is greater than the greatest that can be stored.
            .bind(reads().map(|read| i64::try_from(read.number).unwrap_or(i64::MAX)).collect::<Vec<_>>())
            .bind(reads().map(|read| read.at.millis()).collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// All memberships of a user with the progress they were read at.
pub(super) async fn memberships(
    schema: &Schema,
    pool: &PgPool,
    user: &UserId,
    removed_since: Option<&BTreeMap<Partition, Offset>>,
) -> Result<Memberships, Error> {
    let since = || removed_since.into_iter().flatten();
    // One statement, so one snapshot; a column a list, so that the progress comes once.
    let row = sqlx::query(schema.sql(
        "select p.*, m.* from
         (select coalesce(array_agg(partition), '{}'), coalesce(array_agg(next), '{}'), array_agg(cause)
          from @positions where topic = 'messages') as p(partitions, nexts, causes),
         (select coalesce(array_agg(m.thread), '{}'), coalesce(array_agg(t.partition), '{}'), array_agg(m.role),
                 coalesce(array_agg(m.joined_seq), '{}'), array_agg(m.removed_offset),
                 coalesce(array_agg(t.last_seq), '{}'), coalesce(array_agg(t.last_number), '{}')
          from @members m join @threads t on t.id = m.thread
          where m.user_id = $1 and (m.role is not null or m.removed_offset >= (
              select since from unnest($2::integer[], $3::bigint[]) as s(partition, since)
              where s.partition = t.partition)))
         as m(threads, thread_partitions, roles, joined, removed, last_seqs, last_numbers)",
    ))
    .bind(user.as_str())
    .bind(since().map(|(&partition, _)| partition as i32).collect::<Vec<_>>())
    .bind(since().map(|(_, &offset)| offset as i64).collect::<Vec<_>>())
    .fetch_one(pool)
    .await?;

    let nexts: Vec<i64> = row.try_get("nexts")?;
    let causes: Vec<Option<i64>> = row.try_get::<Option<_>, _>("causes")?.unwrap_or_default();
    let progress = row.try_get::<Vec<i32>, _>("partitions")?.into_iter().zip(nexts).zip(causes);
    let progress =
        progress.map(|((partition, next), cause)| (partition as Partition, positions::progress(next, cause))).collect();

    let partitions: Vec<i32> = row.try_get("thread_partitions")?;
    let roles: Vec<Option<String>> = row.try_get::<Option<_>, _>("roles")?.unwrap_or_default();
    let joined: Vec<i64> = row.try_get("joined")?;
    let removed: Vec<Option<i64>> = row.try_get::<Option<_>, _>("removed")?.unwrap_or_default();
    let last_seqs: Vec<i64> = row.try_get("last_seqs")?;
    let last_numbers: Vec<i64> = row.try_get("last_numbers")?;
    let threads = row.try_get::<Vec<Uuid>, _>("threads")?.into_iter().enumerate().map(|(index, thread)| {
        Ok(Membership {
            thread: ThreadId(thread),
            partition: partitions[index] as Partition,
            role: roles[index].as_deref().map(rows::named).transpose()?,
            joined_seq: joined[index] as u64,
            removed_offset: removed[index].map(|offset| offset as Offset),
            last_seq: last_seqs[index] as u64,
            last_number: last_numbers[index] as u64,
        })
    });
    Ok(Memberships { threads: threads.collect::<Result<_, Error>>()?, progress })
}

/// Up to where the user has read a thread, and its last number; `None` when the user is not in it.
pub(super) async fn read_state(
    schema: &Schema,
    pool: &PgPool,
    user: &UserId,
    thread: ThreadId,
) -> Result<Option<ReadState>, Error> {
    let row: Option<(i64, i64)> = sqlx::query_as(schema.sql(
        "select least(m.read_number, t.last_number), t.last_number from @members m join @threads t on t.id = m.thread
         where m.thread = $1 and m.user_id = $2 and m.role is not null",
    ))
    .bind(thread.0)
    .bind(user.as_str())
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|(number, last_number)| ReadState { number: number as u64, last_number: last_number as u64 }))
}

/// Who has read up to where; `None` when the viewer is not in the thread.
pub(super) async fn receipts(
    schema: &Schema,
    pool: &PgPool,
    viewer: &UserId,
    thread: ThreadId,
) -> Result<Option<Vec<Receipt>>, Error> {
    let rows = sqlx::query(schema.sql(
        "select m.user_id, m.joined_number, least(m.read_number, t.last_number) as number, m.read_at
         from @members v
         join @threads t on t.id = v.thread
         join @members m on m.thread = v.thread and m.role is not null
         where v.thread = $1 and v.user_id = $2 and v.role is not null
         order by m.user_id",
    ))
    .bind(thread.0)
    .bind(viewer.as_str())
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let receipt = |row: &PgRow| {
        Ok(Receipt {
            user: rows::user(row.try_get("user_id")?)?,
            joined_number: row.try_get::<i64, _>("joined_number")? as u64,
            number: row.try_get::<i64, _>("number")? as u64,
            at: rows::time(row.try_get("read_at")?),
        })
    };
    rows.iter().map(receipt).collect::<Result<_, Error>>().map(Some)
}
