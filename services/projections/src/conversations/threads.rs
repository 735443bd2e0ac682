//! The table `threads`: threads as they stand now.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::thread::{Change, ThreadCreated};
use threadline_domain::{Actor, LostEvent, Metadata, Partition, Text, ThreadId, Timestamp, UserId};

use super::inbox::{self, activity};
use super::{MemberView, ThreadView, ThreadsCursor, messages, users};
use crate::{Error, Recorded, Schema, rows};

/// Members shown of each thread in a list.
const MEMBERS_LISTED_MAX: i64 = 10;

/// What some records do to one thread.
#[derive(Default)]
struct Patch<'a> {
    created: Option<Created<'a>>,
    /// Whether the title becomes `title`; if not, it stays.
    titled: bool,
    title: Option<&'a Text>,
    /// Who set the title, and so sealed it.
    title_by: Option<&'a Actor>,
    metadata: Option<&'a Metadata>,
    metadata_by: Option<&'a Actor>,
    archived_at: Option<Timestamp>,
    last_seq: u64,
    last_number: u64,
    active_at: Option<Timestamp>,
    /// By how many the members have become more.
    member_change: i64,
    /// Whether somebody came, went or got another role.
    has_member_changes: bool,
    deleted: u32,
}

/// How a thread began.
#[derive(Clone, Copy)]
struct Created<'a> {
    partition: Partition,
    thread: &'a ThreadCreated,
    at: Timestamp,
}

/// What some records do to threads.
#[derive(Default)]
pub(super) struct Pending<'a>(BTreeMap<ThreadId, Patch<'a>>);

impl<'a> Pending<'a> {
    /// The number of the last message that one of the records posted in the thread, or 0 when one of them made it.
    pub(super) fn last_number(&self, thread: ThreadId) -> Option<u64> {
        let patch = self.0.get(&thread)?;
        (patch.last_number > 0 || patch.created.is_some()).then_some(patch.last_number)
    }

    /// Takes in an event.
    pub(super) fn add(&mut self, partition: Partition, recorded: &'a Recorded) {
        let event = &recorded.event;
        let patch = self.0.entry(event.thread).or_default();
        patch.last_seq = event.seq;
        // Clocks differ, and an import brings old times: what was active stays so.
        patch.active_at = patch.active_at.max(Some(event.at));
        match &event.change {
            Change::ThreadCreated(created) => {
                patch.created = Some(Created { partition, thread: created, at: event.at });
                (patch.titled, patch.title, patch.title_by) = (true, created.title.as_ref(), Some(&event.actor));
                (patch.metadata, patch.metadata_by) = (Some(&created.metadata), Some(&event.actor));
                patch.members_change(created.members.len() as i64);
            }
            Change::ThreadChanged(changed) => {
                if let Some(title) = &changed.title {
                    (patch.titled, patch.title, patch.title_by) = (true, title.as_ref(), Some(&event.actor));
                }
                if let Some(metadata) = &changed.metadata {
                    (patch.metadata, patch.metadata_by) = (Some(metadata), Some(&event.actor));
                }
            }
            Change::ThreadArchived => patch.archived_at = Some(event.at),
            Change::MessagePosted(posted) => patch.last_number = posted.number,
            Change::MemberAdded { .. } => patch.members_change(1),
            Change::MemberRemoved { .. } => patch.members_change(-1),
            Change::MemberRoleChanged { .. } => patch.members_change(0),
            Change::MessageDeleted { .. } => patch.deleted += 1,
            Change::MessageEdited { .. } => {}
        }
    }

    /// Takes the numbers of a lost event, so that they stay dense.
    pub(super) fn add_lost(&mut self, lost: &LostEvent<ThreadId>) {
        let patch = self.0.entry(lost.id).or_default();
        patch.last_seq = patch.last_seq.max(lost.seq);
        patch.last_number = patch.last_number.max(lost.number.unwrap_or_default());
    }

    /// Adds the threads that were made; [`Pending::update`] brings them up to date.
    pub(super) async fn insert(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let made: Vec<_> =
            self.0.iter().filter_map(|(thread, patch)| Some((thread.0, patch, patch.created?))).collect();
        if made.is_empty() {
            return Ok(());
        }
        let patches = || made.iter().map(|(_, patch, _)| *patch);
        let creations = || made.iter().map(|(.., creation)| *creation);
        sqlx::query(schema.sql(
            "insert into @threads (id, partition, kind, key, title, title_by, metadata, metadata_by, created_at, last_seq,
                 last_number, active_at, member_count, deleted_count)
             select p.*, 0, 0, p.created_at, 0, 0
             from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bytea[], $8::text[],
                      $9::bigint[])
                  as p(id, partition, kind, key, title, title_by, metadata, metadata_by, created_at)",
        ))
        .bind(made.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
        .bind(creations().map(|creation| creation.partition as i32).collect::<Vec<_>>())
        .bind(creations().map(|creation| creation.thread.kind.name()).collect::<Vec<_>>())
        .bind(creations().map(|creation| creation.thread.key.as_deref()).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.title.map(rows::stored)).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.title_by.map(Actor::as_str)).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.metadata.map(rows::stored_metadata)).collect::<Vec<_>>())
        .bind(patches().map(|patch| patch.metadata_by.map(Actor::as_str)).collect::<Vec<_>>())
        .bind(creations().map(|creation| creation.at.millis()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Brings the threads up to date, and with them the rows that they have in their members' inboxes.
    pub(super) async fn update(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let patches = || self.0.values();
        let statement = format!(
            "with changed as (
                 update @threads t set
                     title = case when p.titled then p.title else t.title end, title_by = coalesce(p.title_by, t.title_by),
                     metadata = coalesce(p.metadata, t.metadata), metadata_by = coalesce(p.metadata_by, t.metadata_by),
                     archived_at = coalesce(p.archived_at, t.archived_at),
                     last_seq = greatest(t.last_seq, p.last_seq), last_number = greatest(t.last_number, p.last_number),
                     active_at = greatest(t.active_at, p.active_at), member_count = t.member_count + p.member_change,
                     deleted_count = t.deleted_count + p.deleted
                 from unnest($1::uuid[], $2::boolean[], $3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::bigint[],
                          $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[], $13::bigint[])
                      as p(id, titled, title, title_by, metadata, metadata_by, archived_at, last_seq, last_number, active_at,
                           member_change, has_member_changes, deleted)
                 join @threads b on b.id = p.id
                 where t.id = p.id
                 returning t.id, t.active_at, t.last_number, t.member_count,
                     p.has_member_changes or {bucket_before} <> {bucket}
                         or (t.last_number > b.last_number and not {large} and not {large_before}) as moves)
             update @members m set activity = {bucket_of_changed}, unread = {unread}
             from changed t
             where t.moves and m.thread = t.id and m.role is not null
                 and (m.activity is distinct from {bucket_of_changed} or m.unread is distinct from {unread})",
            bucket_before = activity!("b.active_at"),
            bucket = activity!("t.active_at"),
            bucket_of_changed = activity!("t.active_at"),
            large = inbox::is_large!("t"),
            large_before = inbox::is_large!("b"),
            unread = inbox::may_be_unread!(),
        );
        sqlx::query(schema.sql(&statement))
            .bind(self.0.keys().map(|thread| thread.0).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.titled).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.title.map(rows::stored)).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.title_by.map(Actor::as_str)).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.metadata.map(rows::stored_metadata)).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.metadata_by.map(Actor::as_str)).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.archived_at.map(Timestamp::millis)).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.last_seq as i64).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.last_number as i64).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.active_at.map(Timestamp::millis)).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.member_change).collect::<Vec<_>>())
            .bind(patches().map(|patch| patch.has_member_changes).collect::<Vec<_>>())
            .bind(patches().map(|patch| i64::from(patch.deleted)).collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }
}

impl Patch<'_> {
    fn members_change(&mut self, by: i64) {
        self.member_change += by;
        self.has_member_changes = true;
    }
}

/// Selects what [`view`] reads, for the threads called `t` in which member `v` is user `$1`, at most `$2` members of each.
macro_rules! select {
    ($threads:literal, $order:literal) => {
        concat!(
            "select t.id as thread_id, t.kind as thread_kind, t.key, t.title, t.title_by,
                 t.metadata as thread_metadata, t.metadata_by,
                 t.created_at, t.archived_at, t.last_seq, t.last_number, t.active_at, t.member_count, ",
            inbox::unread!(),
            " as unread, s.users, s.names, s.roles, s.joined_numbers, s.read_numbers, s.read_ats, ",
            messages::columns!(),
            " from ",
            $threads,
            " join @members v on v.thread = t.id and v.user_id = $1
              left join @messages m on m.thread = t.id and m.number = t.last_number
              cross join lateral (
                  select array_agg(l.user_id order by l.user_id) as users, array_agg(u.name order by l.user_id) as names,
                      array_agg(l.role order by l.user_id) as roles,
                      array_agg(l.joined_number order by l.user_id) as joined_numbers,
                      array_agg(least(l.read_number, t.last_number) order by l.user_id) as read_numbers,
                      array_agg(l.read_at order by l.user_id) as read_ats
                  from (select user_id, role, joined_number, read_number, read_at from @members where thread = t.id and role is not null
                        order by user_id limit $2) l
                  left join @users u on u.id = l.user_id) s ",
            $order
        )
    };
}

fn view(row: &PgRow) -> Result<ThreadView, Error> {
    let names: Vec<Option<Vec<u8>>> = row.try_get("names")?;
    let roles: Vec<String> = row.try_get("roles")?;
    let joined_numbers: Vec<i64> = row.try_get("joined_numbers")?;
    let read_numbers: Vec<i64> = row.try_get("read_numbers")?;
    let read_ats: Vec<Option<i64>> = row.try_get("read_ats")?;
    let members = row.try_get::<Vec<String>, _>("users")?.into_iter().zip(names).enumerate();
    let members = members.map(|(index, (user, name))| {
        Ok(MemberView {
            user: rows::user(&user)?,
            name: users::name(name.as_deref())?,
            role: rows::named(&roles[index])?,
            joined_number: joined_numbers[index] as u64,
            read_number: read_numbers[index] as u64,
            read_at: rows::time(read_ats[index]),
        })
    });
    Ok(ThreadView {
        id: ThreadId(row.try_get("thread_id")?),
        kind: rows::named(row.try_get("thread_kind")?)?,
        key: rows::text(row.try_get("key")?),
        title: row.try_get::<Option<&[u8]>, _>("title")?.map(rows::typed).transpose()?,
        title_by: row.try_get::<Option<&str>, _>("title_by")?.map(rows::actor).transpose()?,
        metadata: rows::metadata(row.try_get("thread_metadata")?)?,
        metadata_by: rows::actor(row.try_get("metadata_by")?)?,
        members: members.collect::<Result<_, Error>>()?,
        member_count: row.try_get::<i64, _>("member_count")? as u64,
        last_seq: row.try_get::<i64, _>("last_seq")? as u64,
        last_number: row.try_get::<i64, _>("last_number")? as u64,
        last_message: messages::view(row)?,
        unread: row.try_get::<i64, _>("unread")? as u64,
        created_at: Timestamp(row.try_get("created_at")?),
        archived_at: rows::time(row.try_get("archived_at")?),
        active_at: Timestamp(row.try_get("active_at")?),
    })
}

/// A page of the viewer's threads, latest activity first.
pub(super) async fn page(
    schema: &Schema,
    pool: &PgPool,
    viewer: &UserId,
    after: Option<ThreadsCursor>,
    limit: u32,
) -> Result<Vec<ThreadView>, Error> {
    // The inbox knows only roughly when a thread was active: threads that tie with the last of the page are read too,
    // and the exact times decide.
    let statement = select!(
        "(select c.* from (
              select t.*, i.activity from @members i join @threads t on t.id = i.thread
              where i.user_id = $1 and i.role is not null
                  and ($4::uuid is null or (i.activity <= $6 and (t.active_at, t.id) < ($3, $4)))
              order by i.activity desc fetch first $5 rows with ties) c
          order by c.active_at desc, c.id desc limit $5) t",
        "order by t.active_at desc, t.id desc"
    );
    let rows = sqlx::query(schema.sql(statement))
        .bind(viewer.as_str())
        .bind(MEMBERS_LISTED_MAX)
        .bind(after.map_or(0, |after| after.active_at.millis()))
        .bind(after.map(|after| after.thread.0))
        .bind(i64::from(limit))
        .bind(after.map_or(0, |after| inbox::activity_of(after.active_at)))
        .fetch_all(pool)
        .await?;
    rows.iter().map(view).collect()
}

/// One thread with all its members; `None` when the viewer is not in it.
pub(super) async fn find(
    schema: &Schema,
    pool: &PgPool,
    viewer: &UserId,
    thread: ThreadId,
) -> Result<Option<ThreadView>, Error> {
    let statement = select!("(select * from @threads where id = $3) t", "where v.role is not null");
    let row = sqlx::query(schema.sql(statement))
        .bind(viewer.as_str())
        .bind(i64::MAX)
        .bind(thread.0)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(view).transpose()
}
