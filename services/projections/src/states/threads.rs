//! The table `threads`: what the rules look at, but for members and messages.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use threadline_domain::thread::{Change, Event, ThreadCreated};
use threadline_domain::{LostEvent, MessageId, Metadata, Text, ThreadId, Timestamp};
use uuid::Uuid;

use crate::{Schema, rows};

/// What some records do to one thread.
#[derive(Default)]
struct Patch<'a> {
    created: Option<(&'a ThreadCreated, Timestamp)>,
    /// Whether the title becomes `title`; if not, it stays.
    titled: bool,
    title: Option<&'a Text>,
    metadata: Option<&'a Metadata>,
    archived_at: Option<Timestamp>,
    last_seq: u64,
    last_number: u64,
    /// `None` when no event says when it was.
    floor: Option<MessageId>,
    highest_message: Option<MessageId>,
}

/// What some records do to threads.
#[derive(Default)]
pub(super) struct Pending<'a>(BTreeMap<ThreadId, Patch<'a>>);

impl<'a> Pending<'a> {
    pub(super) fn add(&mut self, event: &'a Event) {
        let patch = self.0.entry(event.thread).or_default();
        patch.last_seq = event.seq;
        patch.floor = Some(MessageId::last_minted_at(event.at));
        match &event.change {
            Change::ThreadCreated(created) => {
                patch.created = Some((created, event.at));
                (patch.titled, patch.title) = (true, created.title.as_ref());
                patch.metadata = Some(&created.metadata);
            }
            Change::ThreadChanged(changed) => {
                if let Some(title) = &changed.title {
                    (patch.titled, patch.title) = (true, title.as_ref());
                }
                patch.metadata = changed.metadata.as_ref().or(patch.metadata);
            }
            Change::ThreadArchived => patch.archived_at = Some(event.at),
            Change::MessagePosted(posted) => {
                patch.last_number = posted.number;
                patch.highest_message = patch.highest_message.max(Some(posted.message));
            }
            Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::MemberRoleChanged { .. }
            | Change::MessageEdited { .. }
            | Change::MessageDeleted { .. } => {}
        }
    }

    /// Takes the numbers of a lost event, so that no decider gives them again.
    pub(super) fn add_lost(&mut self, lost: &LostEvent<ThreadId>) {
        let patch = self.0.entry(lost.id).or_default();
        patch.last_seq = patch.last_seq.max(lost.seq);
        patch.last_number = patch.last_number.max(lost.number.unwrap_or_default());
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let (mut created, mut changed) = (vec![], vec![]);
        for (thread, patch) in &self.0 {
            match patch.created {
                Some(creation) => created.push((thread.0, patch, creation)),
                None => changed.push((thread.0, patch)),
            }
        }
        if !created.is_empty() {
            insert(schema, connection, &created).await?;
        }
        if !changed.is_empty() {
            update(schema, connection, &changed).await?;
        }
        Ok(())
    }
}

async fn insert(
    schema: &Schema,
    connection: &mut PgConnection,
    created: &[(Uuid, &Patch<'_>, (&ThreadCreated, Timestamp))],
) -> Result<(), sqlx::Error> {
    let patches = || created.iter().map(|(_, patch, _)| *patch);
    let creations = || created.iter().map(|(_, _, creation)| *creation);
    sqlx::query(schema.sql(
        "insert into @threads (id, kind, key, title, metadata, created_at, archived_at, last_seq, last_number, floor,
             highest_message)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bigint[],
             $8::bigint[], $9::bigint[], $10::uuid[], $11::uuid[])",
    ))
    .bind(created.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(creations().map(|(creation, _)| creation.kind.name()).collect::<Vec<_>>())
    .bind(creations().map(|(creation, _)| creation.key.as_deref()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.title.map(rows::stored)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.map(rows::stored_metadata)).collect::<Vec<_>>())
    .bind(creations().map(|(_, at)| at.millis()).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.archived_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_number as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.floor.map(|id| id.0)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.highest_message.map(|id| id.0)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(
    schema: &Schema,
    connection: &mut PgConnection,
    changed: &[(Uuid, &Patch<'_>)],
) -> Result<(), sqlx::Error> {
    let patches = || changed.iter().map(|(_, patch)| *patch);
    sqlx::query(schema.sql(
        "update @threads t set
             title = case when p.titled then p.title else t.title end, metadata = coalesce(p.metadata, t.metadata),
             archived_at = coalesce(p.archived_at, t.archived_at), last_seq = greatest(t.last_seq, p.last_seq),
             last_number = greatest(t.last_number, p.last_number), floor = coalesce(p.floor, t.floor),
             highest_message = greatest(t.highest_message, p.highest_message)
         from unnest($1::uuid[], $2::boolean[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[],
                  $8::uuid[], $9::uuid[])
              as p(id, titled, title, metadata, archived_at, last_seq, last_number, floor, highest_message)
         where t.id = p.id",
    ))
    .bind(changed.iter().map(|(thread, _)| *thread).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.titled).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.title.map(rows::stored)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.metadata.map(rows::stored_metadata)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.archived_at.map(Timestamp::millis)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_seq as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.last_number as i64).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.floor.map(|id| id.0)).collect::<Vec<_>>())
    .bind(patches().map(|patch| patch.highest_message.map(|id| id.0)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
