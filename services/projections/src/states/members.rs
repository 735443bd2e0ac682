//! The table `members`: who is in a thread now.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use threadline_domain::thread::{Change, Event, Role};
use threadline_domain::{ThreadId, UserId};

use crate::Schema;

/// The last role of each member that some records concern; `None` takes the member out.
#[derive(Default)]
pub(super) struct Pending<'a>(BTreeMap<(ThreadId, &'a UserId), Option<Role>>);

impl<'a> Pending<'a> {
    pub(super) fn add(&mut self, event: &'a Event) {
        match &event.change {
            Change::ThreadCreated(created) => {
                for member in &created.members {
                    self.0.insert((event.thread, &member.user), Some(member.role));
                }
            }
            Change::MemberAdded { user, role } | Change::MemberRoleChanged { user, role } => {
                self.0.insert((event.thread, user), Some(*role));
            }
            Change::MemberRemoved { user } => {
                self.0.insert((event.thread, user), None);
            }
            Change::ThreadChanged(_)
            | Change::ThreadArchived
            | Change::MessagePosted(_)
            | Change::MessageEdited { .. }
            | Change::MessageDeleted { .. } => {}
        }
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let roles = || self.0.iter().filter_map(|(&(thread, user), role)| Some((thread.0, user.as_str(), (*role)?)));
        let gone =
            || self.0.iter().filter(|(_, role)| role.is_none()).map(|(&(thread, user), _)| (thread.0, user.as_str()));
        if roles().next().is_some() {
            sqlx::query(schema.sql(
                "insert into @members (thread, user_id, role) select * from unnest($1::uuid[], $2::text[], $3::text[])
                 on conflict (thread, user_id) do update set role = excluded.role",
            ))
            .bind(roles().map(|(thread, ..)| thread).collect::<Vec<_>>())
            .bind(roles().map(|(_, user, _)| user).collect::<Vec<_>>())
            .bind(roles().map(|(.., role)| role.name()).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
        }
        if gone().next().is_some() {
            sqlx::query(schema.sql(
                "delete from @members m using unnest($1::uuid[], $2::text[]) as p(thread, user_id)
                 where m.thread = p.thread and m.user_id = p.user_id",
            ))
            .bind(gone().map(|(thread, _)| thread).collect::<Vec<_>>())
            .bind(gone().map(|(_, user)| user).collect::<Vec<_>>())
            .execute(connection)
            .await?;
        }
        Ok(())
    }
}
