//! The table `facts`: what the rules need to know of each message.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use threadline_domain::thread::{Change, Event, MessageFact, Thread};
use threadline_domain::{Aggregate, MessageId, ThreadId};
use uuid::Uuid;

use crate::Schema;

/// What some records do to one message.
struct Patch {
    /// Whether it was posted by one of them.
    is_new: bool,
    /// Of a message that is older, only what the records changed.
    fact: MessageFact,
}

/// What some records do to messages.
#[derive(Default)]
pub(super) struct Pending {
    patches: BTreeMap<(ThreadId, MessageId), Patch>,
    /// Messages that were posted a second time, which the table refuses.
    repeated: Vec<(ThreadId, MessageId, MessageFact)>,
}

impl Pending {
    pub(super) fn add(&mut self, event: &Event) {
        let (message, number, is_new) = match &event.change {
            Change::MessagePosted(posted) => (posted.message, posted.number, true),
            Change::MessageEdited { message, number, .. } | Change::MessageDeleted { message, number } => {
                (*message, *number, false)
            }
            Change::ThreadCreated(_)
            | Change::ThreadChanged(_)
            | Change::ThreadArchived
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::MemberRoleChanged { .. } => return,
        };
        let key = (event.thread, message);
        let mut fact = self.patches.get(&key).map(|patch| patch.fact.clone());
        if is_new && let Some(fact) = fact {
            return self.repeated.push((event.thread, message, fact));
        }
        if !is_new {
            fact = fact.or_else(|| Some(unknown(event, number)));
        }
        Thread::evolve_fact(message, &mut fact, event);
        if let Some(fact) = fact {
            let is_new = is_new || self.patches.get(&key).is_some_and(|patch| patch.is_new);
            self.patches.insert(key, Patch { is_new, fact });
        }
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let (mut posted, mut changed) = (vec![], vec![]);
        for ((thread, message), patch) in &self.patches {
            let facts = if patch.is_new { &mut posted } else { &mut changed };
            facts.push((thread.0, message.0, &patch.fact));
        }
        posted.extend(self.repeated.iter().map(|(thread, message, fact)| (thread.0, message.0, fact)));
        if !posted.is_empty() {
            insert(schema, connection, &posted).await?;
        }
        if !changed.is_empty() {
            update(schema, connection, &changed).await?;
        }
        Ok(())
    }
}

/// A message that was posted before, of which only changes are of interest.
fn unknown(event: &Event, number: u64) -> MessageFact {
    MessageFact {
        seq: 0,
        number,
        sender: event.actor.clone(),
        sent_at: event.at,
        posted_digest: Uuid::nil(),
        edited_digest: None,
        changed_seq: 0,
        changed_at: event.at,
        deleted: false,
    }
}

async fn insert(
    schema: &Schema,
    connection: &mut PgConnection,
    posted: &[(Uuid, Uuid, &MessageFact)],
) -> Result<(), sqlx::Error> {
    let facts = || posted.iter().map(|(.., fact)| *fact);
    sqlx::query(schema.sql(
        "insert into @facts (thread, message, seq, number, sender, sent_at, posted_digest, edited_digest, changed_seq,
             changed_at, deleted)
         select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::uuid[],
             $8::uuid[], $9::bigint[], $10::bigint[], $11::boolean[])",
    ))
    .bind(posted.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(posted.iter().map(|(_, message, _)| *message).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.seq as i64).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.number as i64).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.sender.as_str()).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.sent_at.millis()).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.posted_digest).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.edited_digest).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.changed_seq as i64).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.changed_at.millis()).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.deleted).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(
    schema: &Schema,
    connection: &mut PgConnection,
    changed: &[(Uuid, Uuid, &MessageFact)],
) -> Result<(), sqlx::Error> {
    let facts = || changed.iter().map(|(.., fact)| *fact);
    sqlx::query(schema.sql(
        "update @facts f set edited_digest = coalesce(p.edited_digest, f.edited_digest), changed_seq = p.changed_seq,
             changed_at = p.changed_at, deleted = f.deleted or p.deleted
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::boolean[])
              as p(thread, message, edited_digest, changed_seq, changed_at, deleted)
         where f.thread = p.thread and f.message = p.message",
    ))
    .bind(changed.iter().map(|(thread, ..)| *thread).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, message, _)| *message).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.edited_digest).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.changed_seq as i64).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.changed_at.millis()).collect::<Vec<_>>())
    .bind(facts().map(|fact| fact.deleted).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
