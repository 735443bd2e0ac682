//! Epochs: after a crash or a failover the log may lack records that this process has seen. They go from its memory as
//! well, so that nobody who starts anew, such as a decider that takes over a partition, builds on them.

use std::sync::{Mutex, PoisonError};

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use super::connect::{bounded, connect};
use super::feed::Feeds;
use crate::Error;

const ENTER: &str = "SELECT threadline_log.enter()";

/// The epoch that what this process has in memory belongs to.
#[derive(Debug)]
pub(super) struct Epoch(Mutex<i64>);

impl Epoch {
    /// Of a process that has nothing in memory yet: whichever it is now.
    pub(super) async fn begin(connection: &mut PgConnection) -> Result<Self, Error> {
        let epoch = bounded(sqlx::query_scalar(ENTER).fetch_one(connection)).await?;
        Ok(Self(Mutex::new(epoch)))
    }

    /// Connects for appending or reading records. The first one to do so after a crash or a failover begins a new epoch
    /// of the log: partitions skip offsets that may have been seen and lost. Forgets the records of earlier epochs.
    pub(super) async fn connect(&self, options: &PgConnectOptions, feeds: &Feeds) -> Result<PgConnection, Error> {
        let mut connection = connect(options).await?;
        let now: i64 = bounded(sqlx::query_scalar(ENTER).fetch_one(&mut connection)).await?;
        // Held while forgetting: whoever finds the new epoch noted finds the memory clean.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != now {
            tracing::warn!(
                epoch = now,
                "the log's server has crashed or is another one; records not written by then are lost"
            );
            for (_, feed) in feeds.iter() {
                feed.forget();
            }
            *known = now;
        }
        Ok(connection)
    }
}
