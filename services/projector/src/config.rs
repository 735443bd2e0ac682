//! The bounds of a projector.

use std::time::Duration;

/// The bounds of a projector.
#[derive(Clone, Debug)]
pub struct Config {
    /// Records collected for one transaction; a batch of the log is never split.
    pub batch_records_max: usize,
    /// Bytes of the values collected for one transaction; a batch of the log is never split.
    pub batch_bytes_max: usize,
    /// The least time from the start of one transaction to the start of the next. A record after a quiet moment is
    /// applied at once; under load this keeps transactions few and batches large.
    pub transaction_interval: Duration,
    /// The longest pause after a transaction whose batch was not full. The pause is twice the transaction's time: a
    /// busy machine makes transactions slow, so batches grow, and a row that several of their records change is written
    /// once. Records that arrive during the pause are collected, and a full batch ends it.
    pub rest_max: Duration,
    /// The longest time for one transaction, or one question to a projection or the log.
    pub attempt_timeout: Duration,
    /// The first pause before projections and log are tried again. The pause doubles up to `retry_pause_max`.
    pub retry_pause_first: Duration,
    pub retry_pause_max: Duration,
    /// The interval of measuring the lag and checking the generations' progress.
    pub lag_interval: Duration,
    /// The interval of looking into the registry for other generations.
    pub registry_interval: Duration,
    /// How long a topic may take to say where it ends; one that does not is left out of the lag.
    pub ends_timeout: Duration,
    /// Records of one transaction of a rebuild.
    pub rebuild_batch_records_max: usize,
    /// Bytes of the values collected for one transaction; a batch of the log is never split.
    pub rebuild_batch_bytes_max: usize,
    /// How often in a row a rebuild may fail without moving on.
    pub rebuild_failures_max: u32,
    /// The most records a second, for rebuilds that leave room for live traffic.
    pub records_per_second_max: Option<u32>,
    /// Generations whose progress differs by at most this many records share transactions.
    pub shared_lag_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            batch_records_max: 5_000,
            batch_bytes_max: 8 << 20,
            transaction_interval: Duration::from_millis(5),
            rest_max: Duration::from_millis(30),
            attempt_timeout: Duration::from_mins(1),
            retry_pause_first: Duration::from_millis(50),
            retry_pause_max: Duration::from_secs(2),
            lag_interval: Duration::from_secs(5),
            registry_interval: Duration::from_secs(1),
            ends_timeout: Duration::from_secs(2),
            rebuild_batch_records_max: 10_000,
            rebuild_batch_bytes_max: 16 << 20,
            rebuild_failures_max: 8,
            records_per_second_max: None,
            shared_lag_max: 10_000,
        }
    }
}
