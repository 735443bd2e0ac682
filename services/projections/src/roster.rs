//! Which roles run, and which schemas of records all of them read (decision 10).
//!
//! A record that an older program cannot read stops it. So a new kind of record is written only once every role that
//! runs reads it; until then the write is refused as retryable.
//!
//! ```text
//! each role, every few seconds:   "I am decider 7f3a, I read the schemas 1..25"     ──▶ Postgres
//!                                 the schemas that every role seen lately reads     ◀──
//! ```
//!
//! A role enters before it reads its first record, and waits until every newer role has seen it: it reads what those
//! write from then on. A role that was not seen for [`RosterConfig::expiry`] counts as gone. A role that gets no answer
//! from Postgres for as long assumes that nobody reads anything new.
//!
//! The roster prevents stops and does not replace them: a role that expired and runs on, or that entered while Postgres
//! was away, stops before the first record that it cannot read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::{Error, schema};

/// The schema that holds the roster.
pub const ROSTER_SCHEMA: &str = "threadline_roles";

/// How a role announces itself.
#[derive(Clone, Debug)]
pub struct RosterConfig {
    /// The interval of announcements.
    pub interval: Duration,
    /// The time after its last announcement in which a role counts as running.
    pub expiry: Duration,
    /// The longest time for one announcement.
    pub timeout: Duration,
    /// The longest time that a role that enters waits for newer ones to see it. A role that runs announces itself
    /// sooner.
    pub entry_wait: Duration,
}

/// The interval at which a role that enters looks whether newer ones have seen it.
const ENTRY_LOOK: Duration = Duration::from_millis(100);

impl Default for RosterConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(3),
            expiry: Duration::from_secs(15),
            timeout: Duration::from_secs(2),
            entry_wait: Duration::from_secs(8),
        }
    }
}

/// The outcome of entering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// Every newer role has seen it: it reads what they write.
    Heard,
    /// Some newer role has not seen it in time.
    Unheard,
}

/// A role's entry among those that run. Cheap to clone.
///
/// ```text
/// roster.enter().await      before the role reads its first record; run() beside it
/// roster.run()              announces at an interval, until dropped
/// roster.leave().await      at the end, so that the others need not wait for the expiry
/// ```
///
/// A failed announcement is retried and does not stop the role. While Postgres does not answer,
/// [`is_read_everywhere`](Self::is_read_everywhere) answers `false` for new schemas (decision 10).
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

/// The answer to the last announcement.
#[derive(Default)]
struct Heard {
    everywhere: BTreeSet<i32>,
    at: Option<Instant>,
}

impl Roster {
    /// Creates or updates the schema of the roster; processes that do so at once wait for each other.
    pub async fn migrate(pool: &PgPool) -> Result<(), Error> {
        let sql = include_str!("../../../migrations/roles/0001_roles.sql");
        schema::migrate(ROSTER_SCHEMA, &[sql], pool).await
    }

    /// Makes the entry of a role that reads these schemas; `id` is unique among all processes.
    pub fn new(pool: &PgPool, config: RosterConfig, role: &'static str, id: String, schemas: Vec<u32>) -> Self {
        let schemas = schemas.into_iter().map(u32::cast_signed).collect();
        let pool = schema::pool_in(ROSTER_SCHEMA, pool);
        Self(Arc::new(Inner { pool, config, id, role, schemas, heard: Mutex::default() }))
    }

    /// Enters: announces this role once, then waits until every newer role has seen it. Call it beside
    /// [`run`](Self::run), which keeps the entry alive, and before the role reads from the log.
    ///
    /// Waits at most for [`RosterConfig::entry_wait`]: a newer role that died a moment ago looks like one that has not
    /// seen this one yet. The role may run all the same, also when this fails; records that it cannot read stop it.
    pub async fn enter(&self) -> Result<Entered, Error> {
        let entering = async {
            self.announce().await?;
            self.be_heard().await
        };
        tokio::time::timeout(self.0.config.entry_wait, entering).await.unwrap_or(Ok(Entered::Unheard))
    }

    /// Waits until every newer role has announced itself after this one, and so has seen it.
    async fn be_heard(&self) -> Result<Entered, Error> {
        let Inner { pool, config, id, role, schemas, .. } = &*self.0;
        let entered: String = sqlx::query_scalar("select statement_timestamp()::text").fetch_one(pool).await?;
        loop {
            let newer_roles: i64 = sqlx::query_scalar(
                "select count(*) from members other
                 where other.id <> $1 and other.seen_at > clock_timestamp() - $2::interval
                     and not $3 @> other.schemas and other.seen_at <= $4::timestamptz",
            )
            .bind(id)
            .bind(config.expiry)
            .bind(schemas)
            .bind(&entered)
            .fetch_one(pool)
            .await?;
            if newer_roles == 0 {
                return Ok(Entered::Heard);
            }
            tracing::debug!(role, newer_roles, "waiting for {newer_roles} newer roles to hear of this one");
            tokio::time::sleep(ENTRY_LOOK).await;
        }
    }

    /// Announces this role at an interval; never ends by itself. A failure is retried.
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
    ///
    /// The time noted is the statement's start: it sees whatever was there before.
    pub async fn announce(&self) -> Result<(), Error> {
        let Inner { pool, config, id, role, schemas, heard: _ } = &*self.0;
        // Before the statement: it tells of this moment at the earliest.
        let asked = Instant::now();
        let everywhere = sqlx::query_scalar::<_, i32>(
            "with mine as (
                 insert into members (id, role, schemas, seen_at) values ($1, $2, $3, statement_timestamp())
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

    /// Removes this role, so that the others need not wait until it expires.
    pub async fn leave(&self) -> Result<(), Error> {
        *self.lock() = Heard::default();
        sqlx::query("delete from members where id = $1").bind(&self.0.id).execute(&self.0.pool).await?;
        Ok(())
    }

    /// Whether every role that runs reads records of this schema, as far as is known. Never waits.
    pub fn is_read_everywhere(&self, schema: u32) -> bool {
        let heard = self.lock();
        heard.at.is_some_and(|at| at.elapsed() < self.0.config.expiry)
            && heard.everywhere.contains(&schema.cast_signed())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
