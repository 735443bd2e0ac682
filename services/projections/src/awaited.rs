//! Waits for a generation to reach positions. However many callers wait, one statement at a time looks for all of them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use sqlx::PgPool;
use threadline_domain::{Offset, Partition, Topic};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::{Error, Schema};

/// The first and the longest time between two looks, in milliseconds.
const LOOK_MS_FIRST: u64 = 1;
const LOOK_MS_MAX: u64 = 20;

/// The last look, shared by all who wait.
#[derive(Debug, Default)]
pub(crate) struct Awaited(Mutex<Option<Look>>);

/// The next offsets by topic and partition, and when they were read.
#[derive(Debug)]
struct Look {
    at: Instant,
    next: HashMap<(String, Partition), Offset>,
}

/// The next offset that each partition of a topic must have at least.
#[derive(Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) topic: Topic,
    pub(crate) next: &'a BTreeMap<Partition, Offset>,
}

impl Awaited {
    /// Waits until the generation has reached the goal.
    pub(crate) async fn reach(
        &self,
        schema: &Schema,
        pool: &PgPool,
        goal: Goal<'_>,
        wait: Duration,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + wait;
        let mut pause = Duration::from_millis(LOOK_MS_FIRST);
        while !self.look(schema, pool, goal, deadline).await? {
            if Instant::now() >= deadline {
                return Err(Error::Behind);
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + pause)).await;
            pause = (pause * 2).min(Duration::from_millis(LOOK_MS_MAX));
        }
        Ok(())
    }

    /// Whether the generation has reached the goal by now; a look that somebody else began since is as good.
    async fn look(&self, schema: &Schema, pool: &PgPool, goal: Goal<'_>, deadline: Instant) -> Result<bool, Error> {
        let since = Instant::now();
        let mut last = timeout_at(deadline, self.0.lock()).await.map_err(|_| Error::Behind)?;
        if last.as_ref().is_none_or(|look| look.at < since) {
            let at = Instant::now();
            let rows: Vec<(String, i32, i64)> =
                sqlx::query_as(schema.sql("select topic, partition, next from @positions")).fetch_all(pool).await?;
            let next =
                rows.into_iter().map(|(topic, partition, next)| ((topic, partition as Partition), next as Offset));
            *last = Some(Look { at, next: next.collect() });
        }
        let Some(look) = last.as_ref() else { return Ok(false) };
        let reached =
            |partition| look.next.get(&(goal.topic.name().to_owned(), partition)).copied().unwrap_or_default();
        Ok(goal.next.iter().all(|(&partition, &next)| reached(partition) >= next))
    }
}
