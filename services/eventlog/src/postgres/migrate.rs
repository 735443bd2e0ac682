//! Makes the log's schema, and the log in it.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::types::Uuid;
use sqlx::{ConnectOptions, PgConnection, SqlSafeStr};

use super::connect::unavailable;
use super::topic;
use crate::{Error, Topic};

const SCHEMA: &str = "threadline_log";
const MIGRATIONS_TABLE: &str = "threadline_log.migrations";

/// The log as it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) id: Uuid,
    pub(super) partitions: u32,
    /// A number for this process, drawn by the server.
    pub(super) process: u64,
}

/// Brings the schema up to date and makes the log when there is none; many processes may do so at once.
pub(super) async fn migrate(database: &PgConnectOptions, partitions: u32) -> Result<Identity, Error> {
    let mut connection = database.connect().await.map_err(|error| unavailable(&error))?;
    let mut migrator = Migrator::with_migrations(vec![Migration::new(
        1,
        "log".into(),
        MigrationType::Simple,
        include_str!("../../../../migrations/log/0001_log.sql").into_sql_str(),
        false,
    )]);
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator.create_schema(SCHEMA);
    migrator.run_direct(None, &mut connection, false).await.map_err(refused)?;
    make(&mut connection, partitions).await.map_err(|error| unavailable(&error))
}

async fn make(connection: &mut PgConnection, partitions: u32) -> Result<Identity, sqlx::Error> {
    const LOG: &str = "INSERT INTO threadline_log.log (partitions) VALUES ($1) ON CONFLICT DO NOTHING";
    const PARTITIONS: &str = "
        INSERT INTO threadline_log.partitions (topic, partition)
        SELECT topic, partition FROM threadline_log.log, unnest($1) AS topic, generate_series(0, partitions - 1) AS partition
        ON CONFLICT DO NOTHING
    ";
    const IDENTITY: &str = "SELECT id, partitions, (random() * 9e15)::bigint FROM threadline_log.log";

    sqlx::query(LOG).bind(partitions as i32).execute(&mut *connection).await?;
    let topics: Vec<i16> = Topic::ALL.into_iter().filter(|&t| topic::is_stored(t)).map(topic::number_of).collect();
    sqlx::query(PARTITIONS).bind(topics).execute(&mut *connection).await?;
    let (id, partitions, process): (Uuid, i32, i64) = sqlx::query_as(IDENTITY).fetch_one(connection).await?;
    Ok(Identity { id, partitions: partitions as u32, process: process as u64 })
}

fn refused(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) => unavailable(&error),
        error => Error::Misconfigured(format!("the log's schema cannot be brought up to date: {error}")),
    }
}
