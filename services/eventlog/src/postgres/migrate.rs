//! Creates the log's schema and the log in it.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::types::Uuid;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqlSafeStr};
use threadline_domain::topic::{Durability, Retention};

use super::connect::unavailable;
use crate::{Error, Topic};

const SCHEMA: &str = "threadline_log";
const MIGRATIONS_TABLE: &str = "threadline_log.migrations";
/// Held by the one process that makes the log.
const MAKING: (i32, i32) = (0x7468_6c67, 2);

/// The identity of a log, fixed when it was created.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) id: Uuid,
    pub(super) partitions: u32,
    /// A number for this process, drawn by the server.
    pub(super) process: u64,
}

/// Updates the schema, and creates the log when there is none; many processes may do so at once.
pub(super) async fn migrate(database: &PgConnectOptions, partitions: u32) -> Result<Identity, Error> {
    let mut connection =
        database.connect().await.map_err(|error| Error::unavailable("failed to connect to Postgres", error))?;
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
    make(&mut connection, partitions).await.map_err(unavailable)
}

/// Runs in one process at a time: of two that create the same index at once, one would fail.
async fn make(connection: &mut PgConnection, partitions: u32) -> Result<Identity, sqlx::Error> {
    const TURN: &str = "SELECT pg_advisory_xact_lock($1, $2)";
    const LOG: &str = "INSERT INTO threadline_log.log (partitions) VALUES ($1) ON CONFLICT DO NOTHING";
    const IDENTITY: &str = "SELECT id, partitions, (random() * 9e15)::bigint FROM threadline_log.log";

    let mut transaction = connection.begin().await?;
    sqlx::query(TURN).bind(MAKING.0).bind(MAKING.1).execute(&mut *transaction).await?;
    sqlx::query(LOG).bind(partitions as i32).execute(&mut *transaction).await?;
    make_topics(&mut transaction).await?;
    let (id, partitions, process): (Uuid, i32, i64) = sqlx::query_as(IDENTITY).fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Identity { id, partitions: partitions as u32, process: process as u64 })
}

/// Tells the database of every stored topic and creates what is missing: a log that an older program created gets the
/// topics that came since. Topics of a newer program stay.
async fn make_topics(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const TOPICS: &str = "
        INSERT INTO threadline_log.topics AS t (topic, name, relaxed)
        SELECT * FROM unnest($1::smallint[], $2::text[], $3::boolean[])
        ON CONFLICT (topic) DO UPDATE SET name = excluded.name, relaxed = excluded.relaxed
        WHERE (t.name, t.relaxed) IS DISTINCT FROM (excluded.name, excluded.relaxed)
    ";
    const PARTITIONS: &str = "
        INSERT INTO threadline_log.partitions (topic, partition)
        SELECT topic, partition FROM threadline_log.log, threadline_log.topics, generate_series(0, partitions - 1) AS partition
        ON CONFLICT DO NOTHING
    ";
    const MADE: &str = "SELECT to_regclass($1) IS NOT NULL";

    let stored = || Topic::ALL.into_iter().filter(|topic| topic.is_stored());
    sqlx::query(TOPICS)
        .bind(stored().map(Topic::number).collect::<Vec<_>>())
        .bind(stored().map(Topic::name).collect::<Vec<_>>())
        .bind(stored().map(|topic| topic.spec().durability == Durability::Relaxed).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
    sqlx::query(PARTITIONS).execute(&mut *connection).await?;
    for topic in stored().filter(|topic| topic.spec().retention == Retention::LastOfEachKey) {
        // For compaction, which removes the older records of a key. An index for each topic, so that a new one leaves
        // the others alone. `CREATE INDEX IF NOT EXISTS` would lock the table before it looks.
        let (number, index) = (topic.number(), format!("threadline_log.records_of_key_{}", topic.number()));
        if !sqlx::query_scalar(MADE).bind(&index).fetch_one(&mut *connection).await? {
            let create = format!(
                r#"CREATE INDEX records_of_key_{number} ON threadline_log.records (partition, key, "offset") WHERE topic = {number}"#
            );
            sqlx::query(AssertSqlSafe(create)).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

fn refused(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) => unavailable(error),
        error => Error::misconfigured("failed to bring the log's schema up to date", error),
    }
}
