//! Who is in which thread, and who was.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::thread::{Change, Role};
use threadline_domain::{Offset, Partition, ThreadId, UserId};
use uuid::Uuid;

use crate::{Error, Membership, Memberships, Recorded, positions, rows};

/// What a batch does to one member.
#[derive(Default)]
struct Patch {
    role: Option<Role>,
    /// 0 leaves it as it is.
    joined_seq: u64,
    removed: Option<(u64, Offset)>,
}

/// What a batch does to members, by thread and user.
#[derive(Default)]
pub(crate) struct Pending<'a>(BTreeMap<(ThreadId, &'a UserId), Patch>);

impl<'a> Pending<'a> {
    /// Takes in an event; answers by how many the thread has more members after it.
    pub(crate) fn add(&mut self, recorded: &'a Recorded) -> i64 {
        let event = &recorded.event;
        match &event.change {
            Change::ThreadCreated(created) => {
                for member in &created.members {
                    *self.patch(event.thread, &member.user) =
                        Patch { role: Some(member.role), joined_seq: event.seq, removed: None };
                }
                created.members.len() as i64
            }
            Change::MemberAdded { user, role } => {
                *self.patch(event.thread, user) = Patch { role: Some(*role), joined_seq: event.seq, removed: None };
                1
            }
            Change::MemberRoleChanged { user, role } => {
                self.patch(event.thread, user).role = Some(*role);
                0
            }
            Change::MemberRemoved { user } => {
                let patch = self.patch(event.thread, user);
                patch.role = None;
                patch.removed = Some((event.seq, recorded.offset));
                -1
            }
            _ => 0,
        }
    }

    fn patch(&mut self, thread: ThreadId, user: &'a UserId) -> &mut Patch {
        self.0.entry((thread, user)).or_default()
    }

    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let patches = || self.0.values();
        sqlx::query(
            "insert into members as m (thread, user_id, role, joined_seq, removed_seq, removed_offset)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
             on conflict (thread, user_id) do update set
                 role = excluded.role, joined_seq = greatest(m.joined_seq, excluded.joined_seq),
                 removed_seq = excluded.removed_seq, removed_offset = excluded.removed_offset",
        )
        .bind(self.0.keys().map(|(thread, _)| thread.0).collect::<Vec<_>>())
        .bind(self.0.keys().map(|(_, user)| user.as_str()).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.role.map(Role::name)).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.joined_seq as i64).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.removed.map(|(seq, _)| seq as i64)).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.removed.map(|(_, offset)| offset as i64)).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// All memberships of a user with the progress they were read at.
pub(crate) async fn memberships(
    pool: &PgPool,
    user: &UserId,
    removed_since: Option<&BTreeMap<Partition, Offset>>,
) -> Result<Memberships, Error> {
    let since = || removed_since.into_iter().flatten();
    // One statement, so one snapshot; a column a list, so that the progress comes once.
    let row = sqlx::query(
        "select p.*, m.* from
         (select coalesce(array_agg(partition), '{}'), coalesce(array_agg(next), '{}'), array_agg(cause)
          from positions where topic = 'messages') as p(partitions, nexts, causes),
         (select coalesce(array_agg(m.thread), '{}'), coalesce(array_agg(t.partition), '{}'), array_agg(m.role),
                 coalesce(array_agg(m.joined_seq), '{}'), array_agg(m.removed_offset),
                 coalesce(array_agg(t.last_seq), '{}'), coalesce(array_agg(t.last_number), '{}')
          from members m join threads t on t.id = m.thread
          where m.user_id = $1 and (m.role is not null or m.removed_offset >= (
              select since from unnest($2::integer[], $3::bigint[]) as s(partition, since)
              where s.partition = t.partition)))
         as m(threads, thread_partitions, roles, joined, removed, last_seqs, last_numbers)",
    )
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
