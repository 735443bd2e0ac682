//! The registry: which generations of projections exist, and which of them is read (decision 13).
//!
//! ```text
//! rebuild ──▶ building ──▶ ready ──swap──▶ live ──swap──▶ retired ──next swap──▶ dropped
//!                                            ◀──rollback──┘
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row};

use crate::{Error, Feed, Generation, Projection, Schema, Spec, State, schema};

/// The schema that holds the registry.
pub const REGISTRY_SCHEMA: &str = "threadline_projections";

/// The registry's columns, in the order of [`generation`].
const COLUMNS: &str = "name, number, version, schema, state, log_id";

/// The registry in one Postgres. Cheap to clone.
///
/// Every change is one transaction, so a killed process leaves no half of it. [`swap`](Self::swap) and
/// [`rollback`](Self::rollback) fail no reader: readers switch between two calls. Reads fail with [`Error::Newer`] or
/// [`Error::Outdated`] when another version of the program made the live generation.
#[derive(Clone, Debug)]
pub struct Registry {
    pool: PgPool,
}

/// The lock of a rebuild: no other process rebuilds the projection meanwhile. Dropped without [`release`](Self::release), it
/// lasts until Postgres notices that the connection is closed.
#[derive(Debug)]
pub struct RebuildAlone {
    connection: PgConnection,
}

impl RebuildAlone {
    /// Releases the lock, so that another rebuild can begin at once.
    pub async fn release(mut self) {
        let released = sqlx::query("select pg_advisory_unlock_all()").execute(&mut self.connection).await;
        if let Err(error) = released {
            tracing::debug!(%error, "failed to release the lock of a rebuild: {error}; it ends with its connection");
        }
    }
}

/// Why a generation was not swapped in.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// No generation can be swapped in.
    #[error("there is no generation of {name} that is {wanted}")]
    Missing {
        name: String,
        /// The state that it must have.
        wanted: State,
    },
    /// The other generation is behind the live one.
    #[error("{schema} is {records} records behind the live generation")]
    Behind {
        /// The schema of the other generation.
        schema: Schema,
        /// How many records it lacks.
        records: u64,
    },
    /// Any other failure.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for SwapError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Registry {
    /// Opens the registry over connections like those of the given pool.
    #[expect(clippy::needless_pass_by_value, reason = "takes the pool's place")]
    pub fn new(pool: PgPool) -> Self {
        Self::over(schema::pool_like(&pool))
    }

    pub(crate) fn over(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Creates or updates the registry, and gives each projection a live generation with all its tables. Safe to run
    /// from several processes at once. Leaves a live generation of another version as it is.
    pub async fn migrate(&self, projections: &[Arc<dyn Projection>]) -> Result<(), Error> {
        let sql = include_str!("../../../migrations/projections/registry/0001_registry.sql");
        schema::migrate(REGISTRY_SCHEMA, &[sql], &self.pool).await?;
        for projection in projections {
            let spec = projection.spec();
            let mut transaction = self.pool.begin().await?;
            lock(&mut transaction).await?;
            let generations = all(&mut transaction, Some(spec.name)).await?;
            if !generations.iter().any(|generation| generation.state == State::Live) {
                add(&mut transaction, spec, &generations, State::Live).await?;
            }
            transaction.commit().await?;
            for generation in self.generations().await? {
                if generation.name == spec.name && generation.version == spec.version {
                    schema::migrate(generation.schema.as_str(), &spec.generation_migrations(), &self.pool).await?;
                }
            }
        }
        Ok(())
    }

    /// Checks that this program can work with the live generations of these projections, and that they belong to this
    /// log.
    pub async fn check(&self, projections: &[Arc<dyn Projection>], log: &str) -> Result<(), Error> {
        for projection in projections {
            let live = self.live(projection.spec()).await?;
            if let Some(found) = live.log.filter(|found| found != log) {
                return Err(Error::OtherLog { schema: live.schema, found, log: log.to_owned() });
            }
        }
        Ok(())
    }

    /// Closes all connections after the calls that still run.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Returns all generations, by projection and number.
    pub async fn generations(&self) -> Result<Vec<Generation>, Error> {
        all(&mut *self.pool.acquire().await?, None).await
    }

    /// Returns the live generation of a projection. Fails when it is not of the version that this program knows.
    pub async fn live(&self, spec: &'static Spec) -> Result<Generation, Error> {
        let sql = format!("select {COLUMNS} from {REGISTRY_SCHEMA}.generations where name = $1 and state = 'live'");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(spec.name).fetch_optional(&self.pool).await?;
        let row = row.ok_or_else(|| Error::Schema(format!("projection {} has no live generation", spec.name)))?;
        let generation = generation(&row)?;
        let (name, found, known) = (spec.name, generation.version, spec.version);
        match found.cmp(&known) {
            std::cmp::Ordering::Equal => Ok(generation),
            std::cmp::Ordering::Greater => Err(Error::Newer { name, found, known }),
            std::cmp::Ordering::Less => Err(Error::Outdated { name, found, known }),
        }
    }

    /// Returns the generations that a projector feeds, of those projections and versions that it knows.
    pub async fn feeds(&self, projections: &[Arc<dyn Projection>]) -> Result<Vec<Feed>, Error> {
        let generations = self.generations().await?;
        let feed = |generation: Generation| {
            let projection = projections.iter().find(|projection| fits(projection.spec(), &generation))?;
            generation.state.is_fed().then(|| self.feed(Arc::clone(projection), generation))
        };
        Ok(generations.into_iter().filter_map(feed).collect())
    }

    /// Makes the feed of a generation.
    pub fn feed(&self, projection: Arc<dyn Projection>, generation: Generation) -> Feed {
        Feed { projection, generation: Arc::new(generation), pool: self.pool.clone() }
    }

    /// Binds a generation to this log ([`Error::OtherLog`] when it follows another one).
    pub async fn follow(&self, schema: &Schema, log: &str) -> Result<(), Error> {
        let sql = format!(
            "with bound as (
                 update {REGISTRY_SCHEMA}.generations set log_id = $2 where schema = $1 and log_id is null
                 returning log_id)
             select log_id from bound
             union all select log_id from {REGISTRY_SCHEMA}.generations where schema = $1 and log_id is not null"
        );
        let found: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(schema.as_str()).bind(log).fetch_optional(&self.pool).await?;
        match found {
            Some(found) if found == log => Ok(()),
            Some(found) => Err(Error::OtherLog { schema: schema.clone(), found, log: log.to_owned() }),
            // It is gone, or another projector binds it at this moment; the next call tells which.
            None => Err(sqlx::Error::RowNotFound.into()),
        }
    }

    /// Keeps others from rebuilding the projection while the returned value lives; `None` when another process does so
    /// already.
    pub async fn rebuild_alone(&self, spec: &'static Spec) -> Result<Option<RebuildAlone>, Error> {
        // A connection of its own: the lock ends with it, whatever becomes of this process.
        let mut connection = self.pool.acquire().await?.detach();
        let is_alone = sqlx::query_scalar("select pg_try_advisory_lock(hashtext('threadline rebuild'), hashtext($1))")
            .bind(spec.name)
            .fetch_one(&mut connection)
            .await?;
        Ok(Some(RebuildAlone { connection }).filter(|_| is_alone))
    }

    /// Adds a generation to be built beside the live one, or finds the one that is being built. Drops those that were
    /// withdrawn.
    pub async fn begin_rebuild(&self, spec: &'static Spec) -> Result<Generation, Error> {
        self.drop_withdrawn(spec.name).await?;
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction).await?;
        let generations = all(&mut transaction, Some(spec.name)).await?;
        let next = generations.iter().find(|other| matches!(other.state, State::Building | State::Ready));
        let generation = match next {
            Some(next) if next.version == spec.version => next.clone(),
            Some(next) => {
                // What a program of another version began is useless to this one.
                remove(&mut transaction, next).await?;
                add(&mut transaction, spec, &generations, State::Building).await?
            }
            None => add(&mut transaction, spec, &generations, State::Building).await?,
        };
        transaction.commit().await?;
        schema::migrate(generation.schema.as_str(), &spec.generation_migrations(), &self.pool).await?;
        Ok(generation)
    }

    /// Hands a generation that was rebuilt over to the projectors.
    pub async fn set_ready(&self, schema: &Schema) -> Result<(), Error> {
        let sql = format!(
            "update {REGISTRY_SCHEMA}.generations set state = 'ready' where schema = $1 and state = 'building'"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(schema.as_str()).execute(&self.pool).await?;
        Ok(())
    }

    /// Makes the ready generation live, in one transaction, or one that a rollback withdrew. The live one retires, and
    /// the one that had retired before is dropped.
    pub async fn swap(&self, name: &str) -> Result<Generation, SwapError> {
        let generation = self.exchange(name, &[State::Ready, State::Withdrawn], State::Retired).await?;
        // In a transaction of its own, because projectors write to it while they wait for the locks that were held until now.
        // If this process is killed in between, the next rebuild drops it.
        self.drop_withdrawn(name).await?;
        Ok(generation)
    }

    /// Makes the retired generation live again; the live one is withdrawn. After that there is nothing left to roll
    /// back to.
    pub async fn rollback(&self, name: &str) -> Result<Generation, SwapError> {
        self.exchange(name, &[State::Retired], State::Withdrawn).await
    }

    /// Makes the newest generation live that is in one of the `wanted` states, preferring earlier states, and moves the
    /// live one to the state `replaced`. A generation that was retired until then is withdrawn.
    async fn exchange(&self, name: &str, wanted: &[State], replaced: State) -> Result<Generation, SwapError> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction).await?;
        let generations = all(&mut transaction, Some(name)).await?;
        let find = |state: &State| generations.iter().rfind(|generation| generation.state == *state);
        let missing = |wanted| SwapError::Missing { name: name.to_owned(), wanted };
        let live = find(&State::Live).ok_or_else(|| missing(State::Live))?;
        let other = wanted.iter().find_map(find).ok_or_else(|| missing(wanted[0]))?;
        // Nobody moves the live one until this transaction has ended.
        let hold = live.schema.sql("lock table @positions in share mode");
        sqlx::query(hold).execute(&mut *transaction).await?;
        let records = behind(&mut transaction, other, live).await?;
        if records > 0 {
            return Err(SwapError::Behind { schema: other.schema.clone(), records });
        }
        // In this order: at no time two are live, or retired.
        if let Some(earlier) = find(&State::Retired) {
            set_state(&mut transaction, earlier, State::Withdrawn).await?;
        }
        set_state(&mut transaction, live, replaced).await?;
        set_state(&mut transaction, other, State::Live).await?;
        transaction.commit().await?;
        Ok(Generation { state: State::Live, ..other.clone() })
    }

    async fn drop_withdrawn(&self, name: &str) -> Result<(), Error> {
        for generation in self.generations().await? {
            if generation.name == name && generation.state == State::Withdrawn {
                let mut transaction = self.pool.begin().await?;
                lock(&mut transaction).await?;
                remove(&mut transaction, &generation).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// Drops every generation of a projection that is not live; returns them.
    pub async fn discard(&self, name: &str) -> Result<Vec<Generation>, Error> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction).await?;
        let mut generations = all(&mut transaction, Some(name)).await?;
        generations.retain(|generation| generation.state != State::Live);
        for generation in &generations {
            remove(&mut transaction, generation).await?;
        }
        transaction.commit().await?;
        Ok(generations)
    }
}

/// Whether a program with this specification can read and write the generation.
fn fits(spec: &Spec, generation: &Generation) -> bool {
    generation.name == spec.name && generation.version == spec.version
}

/// Keeps others from changing the registry until the transaction ends; they can read it.
async fn lock(transaction: &mut PgConnection) -> Result<(), Error> {
    let lock = format!("lock table {REGISTRY_SCHEMA}.generations in share row exclusive mode");
    sqlx::query(AssertSqlSafe(lock)).execute(transaction).await?;
    Ok(())
}

async fn all(connection: &mut PgConnection, name: Option<&str>) -> Result<Vec<Generation>, Error> {
    let sql = format!(
        "select {COLUMNS} from {REGISTRY_SCHEMA}.generations where $1::text is null or name = $1 order by name, number"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(name).fetch_all(connection).await?;
    rows.iter().map(generation).collect()
}

fn generation(row: &PgRow) -> Result<Generation, Error> {
    let state: &str = row.try_get("state")?;
    Ok(Generation {
        name: row.try_get("name")?,
        number: row.try_get::<i32, _>("number")?.cast_unsigned(),
        version: row.try_get::<i32, _>("version")?.cast_unsigned(),
        schema: Schema::new(row.try_get("schema")?),
        state: state.parse().map_err(|_| Error::Schema(format!("no state is named {state}")))?,
        log: row.try_get("log_id")?,
    })
}

/// Adds a generation with an empty schema; a schema of that name that a lost registry left is dropped.
async fn add(
    transaction: &mut PgConnection,
    spec: &Spec,
    others: &[Generation],
    state: State,
) -> Result<Generation, Error> {
    let number = others.iter().map(|other| other.number).max().unwrap_or_default() + 1;
    let name = format!("threadline_{}_{number}", spec.name);
    let make = format!("drop schema if exists {name} cascade; create schema {name}");
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *transaction).await?;
    let sql = format!("insert into {REGISTRY_SCHEMA}.generations ({COLUMNS}) values ($1, $2, $3, $4, $5, null)");
    sqlx::query(AssertSqlSafe(sql))
        .bind(spec.name)
        .bind(number.cast_signed())
        .bind(spec.version.cast_signed())
        .bind(&name)
        .bind(state.name())
        .execute(transaction)
        .await?;
    let (schema, version) = (Schema::new(&name), spec.version);
    Ok(Generation { name: spec.name.to_owned(), number, version, schema, state, log: None })
}

async fn set_state(transaction: &mut PgConnection, generation: &Generation, state: State) -> Result<(), sqlx::Error> {
    let sql = format!("update {REGISTRY_SCHEMA}.generations set state = $2 where schema = $1");
    sqlx::query(AssertSqlSafe(sql))
        .bind(generation.schema.as_str())
        .bind(state.name())
        .execute(transaction)
        .await
        .map(drop)
}

async fn remove(transaction: &mut PgConnection, generation: &Generation) -> Result<(), Error> {
    let drop = format!("drop schema if exists {} cascade", generation.schema.as_str());
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *transaction).await?;
    let sql = format!("delete from {REGISTRY_SCHEMA}.generations where schema = $1");
    sqlx::query(AssertSqlSafe(sql)).bind(generation.schema.as_str()).execute(transaction).await?;
    Ok(())
}

/// Counts the records that one generation lacks and the other has.
async fn behind(transaction: &mut PgConnection, one: &Generation, other: &Generation) -> Result<u64, Error> {
    let mut next = Vec::new();
    for generation in [one, other] {
        let sql = generation.schema.sql("select topic, partition, next from @positions");
        let rows: Vec<(String, i32, i64)> = sqlx::query_as(sql).fetch_all(&mut *transaction).await?;
        let rows = rows.into_iter().map(|(topic, partition, next)| ((topic, partition), next));
        next.push(rows.collect::<BTreeMap<_, _>>());
    }
    let lacks = |(partition, next_of_other): (&(String, i32), &i64)| {
        let next = next[0].get(partition).copied().unwrap_or_default();
        u64::try_from(next_of_other - next).unwrap_or_default()
    };
    Ok(next[1].iter().map(lacks).sum())
}
