//! Waiting for the views to reach a position: however many wait, one statement at a time looks for all of them.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::PgPool;
use threadline_domain::{Offset, Partition, Position};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::Error;

/// Between two looks, milliseconds: at first and at most.
const LOOK_MS_FIRST: u64 = 1;
const LOOK_MS_MAX: u64 = 20;

/// What those who wait saw last.
#[derive(Debug, Default)]
pub(crate) struct Awaited(Mutex<Option<Look>>);

/// The next offsets by topic and partition, and when they were asked for.
#[derive(Debug)]
struct Look {
    at: Instant,
    next: HashMap<(String, Partition), Offset>,
}

impl Awaited {
    /// Waits until the views have this position's record.
    pub(crate) async fn reach(&self, pool: &PgPool, position: Position, wait: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + wait;
        let mut pause = Duration::from_millis(LOOK_MS_FIRST);
        while !self.look(pool, position, deadline).await? {
            if Instant::now() >= deadline {
                return Err(Error::Behind);
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + pause)).await;
            pause = (pause * 2).min(Duration::from_millis(LOOK_MS_MAX));
        }
        Ok(())
    }

    /// Whether the views have it, as of now: what somebody else asked for since is as good.
    async fn look(&self, pool: &PgPool, position: Position, deadline: Instant) -> Result<bool, Error> {
        let since = Instant::now();
        let mut last = timeout_at(deadline, self.0.lock()).await.map_err(|_| Error::Behind)?;
        if last.as_ref().is_none_or(|look| look.at < since) {
            let at = Instant::now();
            let rows: Vec<(String, i32, i64)> =
                sqlx::query_as("select topic, partition, next from positions").fetch_all(pool).await?;
            let next =
                rows.into_iter().map(|(topic, partition, next)| ((topic, partition as Partition), next as Offset));
            *last = Some(Look { at, next: next.collect() });
        }
        let partition = (position.topic.name().to_owned(), position.partition);
        Ok(last.as_ref().and_then(|look| look.next.get(&partition)).is_some_and(|&next| next > position.offset))
    }
}
