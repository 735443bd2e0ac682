//! Threads as they stand now.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::thread::{Change, ThreadCreated};
use threadline_domain::{Actor, MessageId, Metadata, Partition, Text, ThreadId, Timestamp, UserId};
use uuid::Uuid;

use crate::{Error, MemberView, Recorded, ThreadView, ThreadsCursor, messages, rows};

/// Members shown of each thread in a list.
const MEMBERS_LISTED_MAX: i64 = 10;

/// What a batch does to one thread.
struct Patch<'a> {
    partition: Partition,
    created: Option<(&'a ThreadCreated, Timestamp)>,
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
    active_at: Timestamp,
    last_message: Option<MessageId>,
    member_change: i64,
}

/// What a batch does to threads.
#[derive(Default)]
pub(crate) struct Pending<'a>(BTreeMap<ThreadId, Patch<'a>>);

impl<'a> Pending<'a> {
    /// Takes in an event that changed the number of members by `member_change`.
    pub(crate) fn add(&mut self, partition: Partition, recorded: &'a Recorded, member_change: i64) {
        let event = &recorded.event;
        let patch = self.0.entry(event.thread).or_insert_with(|| Patch {
            partition,
            created: None,
            titled: false,
            title: None,
            title_by: None,
            metadata: None,
            metadata_by: None,
            archived_at: None,
            last_seq: 0,
            last_number: 0,
            active_at: event.at,
            last_message: None,
            member_change: 0,
        });
        patch.last_seq = event.seq;
        patch.active_at = event.at;
        patch.member_change += member_change;
        match &event.change {
            Change::ThreadCreated(created) => {
                patch.created = Some((created, event.at));
                (patch.titled, patch.title, patch.title_by) = (true, created.title.as_ref(), Some(&event.actor));
                (patch.metadata, patch.metadata_by) = (Some(&created.metadata), Some(&event.actor));
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
            Change::MessagePosted(posted) => {
                patch.last_number = posted.number;
                patch.last_message = patch.last_message.max(Some(posted.message));
            }
            _ => {}
        }
    }

    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let (mut created, mut changed) = (vec![], vec![]);
        for (thread, patch) in &self.0 {
            match patch.created {
                Some(creation) => created.push((thread.0, patch, creation)),
                None => changed.push((thread.0, patch)),
            }
        }
        if !created.is_empty() {
            insert(connection, &created).await?;
        }
        if !changed.is_empty() {
            update(connection, &changed).await?;
        }
        Ok(())
    }
}

async fn insert(
    connection: &mut PgConnection,
    created: &[(Uuid, &Patch<'_>, (&ThreadCreated, Timestamp))],
) -> Result<(), sqlx::Error> {
    let patches = || created.iter().map(|(_, patch, _)| *patch);
    let creations = || created.iter().map(|(_, _, creation)| *creation);
    sqlx::query(
        "insert into threads (id, partition, kind, key, title, metadata, created_at, archived_at, last_seq,
             last_number, active_at, last_message, member_count, title_by, metadata_by)
         select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::bigint[],
             $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::uuid[], $13::bigint[], $14::text[],
             $15::text[])",
    )
    .bind(created.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.partition as i32).collect::<Vec<_>>())
    .bind(creations().map(|(creation, _)| creation.kind.name()).collect::<Vec<_>>())
    .bind(creations().map(|(creation, _)| creation.key.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.title.map(rows::stored)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.map(rows::stored_metadata)).collect::<Vec<_>>())
    .bind(creations().map(|(_, at)| at.millis()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.archived_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_number as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.active_at.millis()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_message.map(|id| id.0)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.member_change).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.title_by.map(Actor::as_str)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata_by.map(Actor::as_str)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, changed: &[(Uuid, &Patch<'_>)]) -> Result<(), sqlx::Error> {
    let patches = || changed.iter().map(|(_, patch)| *patch);
    sqlx::query(
        "update threads t set
             title = case when p.titled then p.title else t.title end, title_by = coalesce(p.title_by, t.title_by),
             metadata = coalesce(p.metadata, t.metadata), metadata_by = coalesce(p.metadata_by, t.metadata_by),
             archived_at = coalesce(p.archived_at, t.archived_at),
             last_seq = p.last_seq, last_number = greatest(t.last_number, p.last_number), active_at = p.active_at,
             last_message = greatest(t.last_message, p.last_message), member_count = t.member_count + p.member_change
         from unnest($1::uuid[], $2::boolean[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[],
                  $8::bigint[], $9::uuid[], $10::bigint[], $11::text[], $12::text[])
              as p(id, titled, title, metadata, archived_at, last_seq, last_number, active_at, last_message,
                   member_change, title_by, metadata_by)
         where t.id = p.id",
    )
    .bind(changed.iter().map(|(thread, _)| *thread).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.titled).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.title.map(rows::stored)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.map(rows::stored_metadata)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.archived_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_number as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.active_at.millis()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_message.map(|id| id.0)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.member_change).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.title_by.map(Actor::as_str)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata_by.map(Actor::as_str)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Selects what [`view`] reads, for the threads called `t` that user `$1` is in, at most `$2` members of each.
macro_rules! select {
    ($threads:literal, $order:literal) => {
        concat!(
            "select t.id as thread_id, t.kind as thread_kind, t.key, t.title, t.title_by,
                 t.metadata as thread_metadata, t.metadata_by,
                 t.created_at, t.archived_at, t.last_seq, t.last_number, t.active_at, t.member_count,
                 greatest(0, t.last_number - coalesce(r.number, 0) - (
                     select count(*) from messages d
                     where d.thread = t.id and d.number > coalesce(r.number, 0) and d.deleted_at is not null)) as unread,
                 s.users, s.names, s.roles, s.read_numbers, s.read_ats, ",
            messages::columns!(),
            " from ",
            $threads,
            " left join reads r on r.user_id = $1 and r.thread = t.id
              left join messages m on m.thread = t.id and m.number = t.last_number
              cross join lateral (
                  select array_agg(l.user_id order by l.user_id) as users, array_agg(u.name order by l.user_id) as names,
                      array_agg(l.role order by l.user_id) as roles,
                      array_agg(least(coalesce(lr.number, 0), t.last_number) order by l.user_id) as read_numbers,
                      array_agg(lr.at order by l.user_id) as read_ats
                  from (select user_id, role from members where thread = t.id and role is not null
                        order by user_id limit $2) l
                  left join users u on u.id = l.user_id
                  left join reads lr on lr.user_id = l.user_id and lr.thread = t.id) s ",
            $order
        )
    };
}

fn view(row: &PgRow) -> Result<ThreadView, Error> {
    let names: Vec<Option<Vec<u8>>> = row.try_get("names")?;
    let roles: Vec<String> = row.try_get("roles")?;
    let read_numbers: Vec<i64> = row.try_get("read_numbers")?;
    let read_ats: Vec<Option<i64>> = row.try_get("read_ats")?;
    let members = row.try_get::<Vec<String>, _>("users")?.into_iter().zip(names).enumerate();
    let members = members.map(|(index, (user, name))| {
        Ok(MemberView {
            user: rows::user(&user)?,
            name: name.as_deref().map(rows::typed).transpose()?,
            role: rows::named(&roles[index])?,
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
pub(crate) async fn page(
    pool: &PgPool,
    viewer: &UserId,
    after: Option<ThreadsCursor>,
    limit: u32,
) -> Result<Vec<ThreadView>, Error> {
    let rows = sqlx::query(select!(
        "(select t.* from members v join threads t on t.id = v.thread
          where v.user_id = $1 and v.role is not null and ($4::uuid is null or (t.active_at, t.id) < ($3, $4))
          order by t.active_at desc, t.id desc limit $5) t",
        "order by t.active_at desc, t.id desc"
    ))
    .bind(viewer.as_str())
    .bind(MEMBERS_LISTED_MAX)
    .bind(after.map_or(0, |after| after.active_at.millis()))
    .bind(after.map(|after| after.thread.0))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(view).collect()
}

/// One thread with all its members; `None` when the viewer is not in it.
pub(crate) async fn find(pool: &PgPool, viewer: &UserId, thread: ThreadId) -> Result<Option<ThreadView>, Error> {
    let row = sqlx::query(select!(
        "(select t.* from members v join threads t on t.id = v.thread
          where v.thread = $3 and v.user_id = $1 and v.role is not null) t",
        ""
    ))
    .bind(viewer.as_str())
    .bind(i64::MAX)
    .bind(thread.0)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(view).transpose()
}
