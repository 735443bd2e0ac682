//! Epochs: after a crash or a failover the log may lack records that this process has seen. They are removed from its
//! memory as well, so that nobody who starts later, such as a decider that takes over a partition, builds on them.

use std::sync::{Mutex, PoisonError};

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use super::connect::{bounded, connect};
use super::feed::Feeds;
use crate::Error;

const ENTER: &str = "SELECT threadline_log.enter()";

/// The epoch of the records in this process's memory.
#[derive(Debug)]
pub(super) struct Epoch(Mutex<i64>);

impl Epoch {
    /// Reads the current epoch, for a process that has no records in memory yet.
    pub(super) async fn begin(connection: &mut PgConnection) -> Result<Self, Error> {
        let epoch = bounded(sqlx::query_scalar(ENTER).fetch_one(connection)).await?;
        Ok(Self(Mutex::new(epoch)))
    }

    /// Connects for appending or reading records. The first process to connect after a crash or a failover begins a new
    /// epoch of the log: partitions skip offsets that readers may have seen and the crash lost. Forgets the
    /// records of earlier epochs.
    pub(super) async fn connect(&self, options: &PgConnectOptions, feeds: &Feeds) -> Result<PgConnection, Error> {
        let mut connection = connect(options).await?;
        let now: i64 = bounded(sqlx::query_scalar(ENTER).fetch_one(&mut connection)).await?;
        // Held while forgetting: whoever finds the new epoch finds the memory clean.
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
