//! Names of tables, connections to them, and how schemas are made.

use std::sync::Arc;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use crate::Error;

/// No statement on a projection runs longer, milliseconds.
const STATEMENT_MS_MAX: u32 = 30_000;

/// A schema with the tables of one generation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schema(Arc<str>);

impl std::fmt::Display for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Schema {
    /// Makes a name of a schema. It comes from a program or the registry, never from a client.
    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Completes a statement that marks this schema's tables with a leading `@`. So one connection serves all
    /// generations, and a statement prepared for one of them never runs on another.
    pub(crate) fn sql(&self, statement: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(statement.replace('@', &format!("{}.", self.0)))
    }
}

/// Makes a pool like the given one, for statements on projections. Postgres ends a session that leaves a transaction
/// open: a call that is dropped while it begins one would keep it, and its snapshot, as long as the pool lives.
pub(crate) fn pool_like(pool: &PgPool) -> PgPool {
    let options = pool.connect_options().as_ref().clone().application_name("threadline-projections");
    let bound = STATEMENT_MS_MAX.to_string();
    let bounds = [("statement_timeout", bound.as_str()), ("idle_in_transaction_session_timeout", bound.as_str())];
    let options = options.options(bounds).options([("jit", "off")]);
    pool.options().clone().connect_lazy_with(options)
}

/// Makes such a pool with connections that look into `schema`.
pub(crate) fn pool_in(schema: &str, pool: &PgPool) -> PgPool {
    let pool = pool_like(pool);
    let options = pool.connect_options().as_ref().clone().options([("search_path", schema)]);
    pool.options().clone().connect_lazy_with(options)
}

/// Creates or updates a schema; processes that do so at once wait for each other. The statements of `migrations` name
/// tables without a schema.
pub(crate) async fn migrate(schema: &str, migrations: &[&'static str], pool: &PgPool) -> Result<(), Error> {
    let migration = |(index, sql): (usize, &&'static str)| {
        let version = index as i64 + 1;
        Migration::new(version, format!("{schema} {version}").into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(migrations.iter().enumerate().map(migration).collect());
    migrator.create_schema(schema.to_owned());
    // The connection is closed afterwards, whatever happens: it holds the lock that the others wait for.
    let mut connection = pool_in(schema, pool).acquire().await?.detach();
    let migrated = migrator.run_direct(None, &mut connection, false).await;
    let _ = connection.close().await;
    migrated.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => error.into(),
        other => Error::Schema(other.to_string()),
    })
}
