//! The table `users`: names as last seen.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use threadline_domain::{UserId, UserProfile};

use crate::{Schema, rows};

/// The last profile of each user that some records bring.
#[derive(Default)]
pub(super) struct Pending<'a>(BTreeMap<&'a UserId, &'a UserProfile>);

impl<'a> Pending<'a> {
    /// A user's profiles are all in one partition, so there is a last one.
    pub(super) fn add(&mut self, profile: &'a UserProfile) {
        self.0.insert(&profile.user, profile);
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        sqlx::query(schema.sql(
            "insert into @users (id, name, at) select * from unnest($1::text[], $2::bytea[], $3::bigint[])
             on conflict (id) do update set name = excluded.name, at = excluded.at",
        ))
        .bind(self.0.keys().map(|user| user.as_str()).collect::<Vec<_>>())
        .bind(self.0.values().map(|profile| rows::stored(&profile.name)).collect::<Vec<_>>())
        .bind(self.0.values().map(|profile| profile.at.millis()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}
