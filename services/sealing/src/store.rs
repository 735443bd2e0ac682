//! The tables of the keys: the only SQL on keys.

use std::collections::HashSet;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, SqlSafeStr};
use threadline_domain::Actor;

use crate::Error;
use crate::cache::KeyId;
use crate::cipher::Generation;

/// The schema that holds the keys. Nothing that rebuilds projections touches it.
pub const SCHEMA: &str = "threadline_keys";

/// The channel for notices of destroyed keys.
const CHANNEL: &str = "threadline_keys";

/// A key's row.
pub(crate) struct Row {
    pub(crate) id: KeyId,
    /// `None` when the key was destroyed.
    pub(crate) wrapped: Option<Vec<u8>>,
}

/// Whether a log is sealed.
pub(crate) struct LogRow {
    pub(crate) seal: bool,
    pub(crate) master_check: Option<Vec<u8>>,
}

impl LogRow {
    /// Checks that the log is sealed exactly if a process seals.
    pub(crate) const fn check_mode(&self, seals: bool) -> Result<(), Error> {
        const fn name(seal: bool) -> &'static str {
            if seal { "on" } else { "off" }
        }
        if self.seal == seals { Ok(()) } else { Err(Error::OtherMode { log: name(self.seal), process: name(seals) }) }
    }
}

/// The tables, over a pool of their own.
#[derive(Clone, Debug)]
pub(crate) struct Store(PgPool);

impl Store {
    pub(crate) fn new(database: &PgConnectOptions, connections_max: u32) -> Self {
        let options = database.clone().application_name("threadline keys").options([("search_path", SCHEMA)]);
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(std::time::Duration::from_secs(2))
            .connect_lazy_with(options);
        Self(pool)
    }

    pub(crate) async fn close(&self) {
        self.0.close().await;
    }

    /// Reads the log's row; inserts it with these values if there is none.
    pub(crate) async fn bind(&self, log: &str, seal: bool, master_check: Option<&[u8]>) -> Result<LogRow, Error> {
        sqlx::query("insert into logs (id, seal, master_check) values ($1, $2, $3) on conflict do nothing")
            .bind(log)
            .bind(seal)
            .bind(master_check)
            .execute(&self.0)
            .await?;
        Ok(self.log(log).await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// Reads the log's row.
    pub(crate) async fn log(&self, log: &str) -> Result<Option<LogRow>, Error> {
        let found = sqlx::query_as("select seal, master_check from logs where id = $1").bind(log);
        let found: Option<(bool, Option<Vec<u8>>)> = found.fetch_optional(&self.0).await?;
        Ok(found.map(|(seal, master_check)| LogRow { seal, master_check }))
    }

    /// Reads these keys; keys without a row are left out.
    pub(crate) async fn fetch(&self, ids: &HashSet<KeyId>) -> Result<Vec<Row>, Error> {
        let rows: Vec<(String, i32, Option<Vec<u8>>)> = sqlx::query_as(
            "select k.subject, k.generation, k.wrapped
             from unnest($1::text[], $2::integer[]) as a(subject, generation)
             join keys k on k.subject = a.subject and k.generation = a.generation",
        )
        .bind(ids.iter().map(|id| id.subject.as_str()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| i32::from(id.generation)).collect::<Vec<_>>())
        .fetch_all(&self.0)
        .await?;
        rows.into_iter().map(row).collect()
    }

    /// Reads the key of the highest generation of each of these subjects; subjects without a key are left out.
    pub(crate) async fn latest(&self, subjects: impl Iterator<Item = &Actor>) -> Result<Vec<Row>, Error> {
        let rows: Vec<(String, i32, Option<Vec<u8>>)> = sqlx::query_as(
            "select k.subject, k.generation, k.wrapped
             from unnest($1::text[]) as a(subject)
             cross join lateral
                 (select * from keys where keys.subject = a.subject order by generation desc limit 1) as k",
        )
        .bind(subjects.map(Actor::as_str).collect::<Vec<_>>())
        .fetch_all(&self.0)
        .await?;
        rows.into_iter().map(row).collect()
    }

    /// Reads which of these subjects have a key that was destroyed.
    pub(crate) async fn erased(&self, subjects: &[Actor]) -> Result<HashSet<Actor>, Error> {
        let rows: Vec<String> =
            sqlx::query_scalar("select distinct subject from keys where subject = any($1) and wrapped is null")
                .bind(subjects.iter().map(Actor::as_str).collect::<Vec<_>>())
                .fetch_all(&self.0)
                .await?;
        let subject = |text: String| text.parse().map_err(|reason| Error::Schema(format!("subject {reason}")));
        rows.into_iter().map(subject).collect()
    }

    /// Inserts keys in one statement. Leaves out those whose generation another process has inserted.
    pub(crate) async fn insert(&self, keys: &[Row]) -> Result<(), Error> {
        sqlx::query(
            "insert into keys (subject, generation, wrapped)
             select * from unnest($1::text[], $2::integer[], $3::bytea[]) order by 1, 2
             on conflict do nothing",
        )
        .bind(keys.iter().map(|key| key.id.subject.as_str()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| i32::from(key.id.generation)).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.wrapped.as_deref()).collect::<Vec<_>>())
        .execute(&self.0)
        .await?;
        Ok(())
    }

    /// Destroys a subject's keys and notifies every process; returns how many there were.
    pub(crate) async fn destroy(&self, subject: &Actor) -> Result<u64, Error> {
        let count: i64 = sqlx::query_scalar("select destroy($1)").bind(subject.as_str()).fetch_one(&self.0).await?;
        Ok(count.cast_unsigned())
    }

    /// Listens for destroyed keys from now on.
    pub(crate) async fn listen(&self) -> Result<PgListener, Error> {
        let mut listener = PgListener::connect_with(&self.0).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}

fn row((subject, generation, wrapped): (String, i32, Option<Vec<u8>>)) -> Result<Row, Error> {
    let subject = subject.parse().map_err(|reason| Error::Schema(format!("subject {reason}")))?;
    let generation =
        Generation::try_from(generation).map_err(|_| Error::Schema("generation is out of range".into()))?;
    Ok(Row { id: KeyId { subject, generation }, wrapped })
}

/// Creates or updates the schema; processes that do so at once wait for each other.
pub(crate) async fn migrate(database: &PgConnectOptions) -> Result<(), Error> {
    let mut connection = PgConnection::connect_with(&database.clone().options([("search_path", SCHEMA)])).await?;
    let mut migrator = Migrator::with_migrations(vec![Migration::new(
        1,
        "keys".into(),
        MigrationType::Simple,
        include_str!("../../../migrations/keys/0001_keys.sql").into_sql_str(),
        false,
    )]);
    migrator.create_schema(SCHEMA.to_owned());
    let migrated = migrator.run_direct(None, &mut connection, false).await;
    // The connection holds the lock that the others wait for.
    let _ = connection.close().await;
    migrated.map_err(|error| match error {
        MigrateError::Execute(error) => error.into(),
        other => Error::Schema(other.to_string()),
    })
}
