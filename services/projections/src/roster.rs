//! Which roles are in operation, and which schemas of records all of them read.
//!
//! A record that an older program cannot read stops it. So a new sort of record is written only once every role that runs
//! reads it; until then what would write it is refused, to be tried again.
//!
//! ```text
//! each role, every few seconds:   "I am decider 7f3a, I read the schemas 1..25"  ──▶ Postgres
//!                                 schemas that everybody read who was heard of lately  ◀──
//! ```
//!
//! Whoever is not heard of for [`RosterConfig::expiry`] counts as gone. A role that hears nothing from Postgres for as long
//! takes it that nobody reads anything new.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlSafeStr};

use crate::{Error, schema};

/// The schema that holds the roster.
pub const ROSTER_SCHEMA: &str = "threadline_roles";

/// How a role announces itself.
#[derive(Clone, Debug)]
pub struct RosterConfig {
    /// How often it does.
    pub interval: Duration,
    /// How long after its last announcement a role counts as running.
    pub expiry: Duration,
    /// How long one announcement may take.
    pub timeout: Duration,
}

impl Default for RosterConfig {
    fn default() -> Self {
        Self { interval: Duration::from_secs(3), expiry: Duration::from_secs(15), timeout: Duration::from_secs(2) }
    }
}

/// A role's place among those in operation. Cheap to clone.
#[derive(Clone)]
pub struct Roster(Arc<Inner>);

struct Inner {
    pool: PgPool,
    config: RosterConfig,
    id: String,
    role: &'static str,
    schemas: Vec<i32>,
    heard: Mutex<Heard>,
}

/// What the last announcement was answered.
#[derive(Default)]
struct Heard {
    everywhere: BTreeSet<i32>,
    at: Option<Instant>,
}

impl Roster {
    /// Makes or updates the roster's schema; processes that do so at once wait for each other.
    pub async fn migrate(pool: &PgPool) -> Result<(), Error> {
        let sql = include_str!("../../../migrations/roles/0001_roles.sql");
        let migration = Migration::new(1, "roles".into(), MigrationType::Simple, sql.into_sql_str(), false);
        let mut migrator = Migrator::with_migrations(vec![migration]);
        migrator.create_schema(ROSTER_SCHEMA.to_owned());
        schema::migrate_with(&migrator, &schema::pool_in(ROSTER_SCHEMA, pool)).await
    }

    /// The place of a role that reads these schemas; `id` is unique among all processes.
    pub fn new(pool: &PgPool, config: RosterConfig, role: &'static str, id: String, schemas: Vec<u32>) -> Self {
        let schemas = schemas.into_iter().map(u32::cast_signed).collect();
        let pool = schema::pool_in(ROSTER_SCHEMA, pool);
        Self(Arc::new(Inner { pool, config, id, role, schemas, heard: Mutex::default() }))
    }

    /// Announces this role again and again; never ends by itself. A failure is retried, and is no reason to stop serving.
    pub async fn run(&self) {
        let mut interval = tokio::time::interval(self.0.config.interval);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            match tokio::time::timeout(self.0.config.timeout, self.announce()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(role = self.0.role, %error, "failed to announce the role: {error}"),
                Err(_) => tracing::debug!(role = self.0.role, "failed to announce the role: no answer in time"),
            }
        }
    }

    /// Announces this role once, and learns which schemas every role reads.
    pub async fn announce(&self) -> Result<(), Error> {
        let Inner { pool, config, id, role, schemas, heard: _ } = &*self.0;
        // Before the statement: it tells of this moment at the earliest.
        let asked = Instant::now();
        let everywhere = sqlx::query_scalar::<_, i32>(
            "with mine as (
                 insert into members (id, role, schemas, seen_at) values ($1, $2, $3, clock_timestamp())
                 on conflict (id) do update set schemas = excluded.schemas, seen_at = excluded.seen_at),
             gone as (delete from members where seen_at < clock_timestamp() - 10 * $4::interval)
             select mine.id from unnest($3) as mine(id) where not exists (
                 select from members other
                 where other.id <> $1 and other.seen_at > clock_timestamp() - $4::interval
                     and not other.schemas @> array[mine.id])",
        )
        .bind(id)
        .bind(role)
        .bind(schemas)
        .bind(config.expiry)
        .fetch_all(pool)
        .await?;
        *self.lock() = Heard { everywhere: everywhere.into_iter().collect(), at: Some(asked) };
        Ok(())
    }

    /// Takes this role off, so that the others need not wait until it expires.
    pub async fn leave(&self) -> Result<(), Error> {
        *self.lock() = Heard::default();
        sqlx::query("delete from members where id = $1").bind(&self.0.id).execute(&self.0.pool).await?;
        Ok(())
    }

    /// Whether every role in operation reads records of this schema, as far as was heard lately. Does not wait.
    pub fn is_read_everywhere(&self, schema: u32) -> bool {
        let heard = self.lock();
        heard.at.is_some_and(|at| at.elapsed() < self.0.config.expiry)
            && heard.everywhere.contains(&schema.cast_signed())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
