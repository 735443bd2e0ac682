//! The schema that holds one version of the views, and the connections that see it.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::{Connection, SqlSafeStr};

use crate::Error;

/// The schema of this version of the views.
pub const SCHEMA: &str = "threadline_views_v1";

/// No statement on the views runs longer, milliseconds.
const STATEMENT_MS_MAX: u32 = 30_000;

/// A pool like the given one whose connections look into `schema`.
///
/// Every statement on the views walks along indexes. A plan made while the tables were small, or had no statistics,
/// would prefer to read them whole, and be kept while they grow: so that is forbidden from the start.
pub(crate) fn pool_in(schema: &str, pool: &PgPool) -> PgPool {
    let options = pool.connect_options().as_ref().clone().application_name("threadline-projections").options([
        ("search_path", schema),
        ("statement_timeout", &STATEMENT_MS_MAX.to_string()),
        ("jit", "off"),
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
    ]);
    pool.options().clone().connect_lazy_with(options)
}

/// Makes or updates the schema; processes that do so at once wait for each other.
pub(crate) async fn migrate(schema: &str, pool: &PgPool) -> Result<(), Error> {
    migrate_with(&migrator(schema), pool).await
}

pub(crate) async fn migrate_with(migrator: &Migrator, pool: &PgPool) -> Result<(), Error> {
    // The connection is closed afterwards, whatever happens: it holds the lock that the others wait for.
    let mut connection = pool.acquire().await?.detach();
    let migrated = migrator.run_direct(None, &mut connection, false).await;
    let _ = connection.close().await;
    migrated.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => error.into(),
        other => Error::Schema(other.to_string()),
    })
}

fn migrator(schema: &str) -> Migrator {
    let migration = |version, description: &'static str, sql: &'static str| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(vec![migration(
        1,
        "views",
        include_str!("../../../migrations/projections/views/0001_views.sql"),
    )]);
    migrator.create_schema(schema.to_owned());
    migrator
}
