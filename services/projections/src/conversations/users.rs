//! The table `users`: who has signed in, with names as last seen.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool, Row};
use threadline_domain::{Text, UserId, UserProfile};

use super::UserView;
use crate::{Error, Schema, rows};

/// Stands in the column of a user whose tokens had no name: an empty text, which no name is.
pub(super) const NO_NAME: &[u8] = &[0];

/// The last profile of each user that some records bring.
#[derive(Default)]
pub(super) struct Pending<'a>(BTreeMap<&'a UserId, &'a UserProfile>);

impl<'a> Pending<'a> {
    /// A user's profiles are all in one partition, so there is a last one. One without a name adds nothing to another.
    pub(super) fn add(&mut self, profile: &'a UserProfile) {
        let known = self.0.entry(&profile.user).or_insert(profile);
        if profile.name.is_some() {
            *known = profile;
        }
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        sqlx::query(schema.sql(
            "insert into @users as u (id, name, at) select * from unnest($1::text[], $2::bytea[], $3::bigint[])
             on conflict (id) do update set name = excluded.name, at = excluded.at where excluded.name <> $4",
        ))
        .bind(self.0.keys().map(|user| user.as_str()).collect::<Vec<_>>())
        .bind(self.0.values().map(|profile| stored(profile)).collect::<Vec<_>>())
        .bind(self.0.values().map(|profile| profile.at.millis()).collect::<Vec<_>>())
        .bind(NO_NAME)
        .execute(connection)
        .await?;
        Ok(())
    }
}

fn stored(profile: &UserProfile) -> Vec<u8> {
    profile.name.as_ref().map_or_else(|| NO_NAME.to_vec(), rows::stored)
}

/// Reads the column `name`; null for somebody who has not signed in.
pub(super) fn name(stored: Option<&[u8]>) -> Result<Option<Text>, Error> {
    stored.filter(|stored| *stored != NO_NAME).map(rows::typed).transpose()
}

/// The user of this id; `None` when nobody of this id has signed in.
pub(super) async fn find(schema: &Schema, pool: &PgPool, user: &UserId) -> Result<Option<UserView>, Error> {
    let row = sqlx::query(schema.sql("select name from @users where id = $1"))
        .bind(user.as_str())
        .fetch_optional(pool)
        .await?;
    row.map(|row| Ok(UserView { user: user.clone(), name: name(row.try_get("name")?)? })).transpose()
}
