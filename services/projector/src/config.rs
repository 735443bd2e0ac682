//! The bounds of a projector.

use std::time::Duration;

/// The bounds of a projector.
#[derive(Clone, Debug)]
pub struct Config {
    /// Records collected for one transaction; what the log hands over in one piece stays together.
    pub batch_records_max: usize,
    /// Bytes of their values, likewise.
    pub batch_bytes_max: usize,
    /// The least time from the start of one transaction to the start of the next. A record that comes after a quiet
    /// moment is applied at once; under load this is what keeps transactions few and batches large.
    pub transaction_interval: Duration,
    /// How long one transaction, or one look at the views or the log, may take.
    pub attempt_timeout: Duration,
    /// The pause before the views and the log are tried again: at first and at most.
    pub retry_pause_first: Duration,
    /// See [`retry_pause_first`](Self::retry_pause_first).
    pub retry_pause_max: Duration,
    /// How often the lag is measured, and the views looked at.
    pub lag_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            batch_records_max: 2_000,
            batch_bytes_max: 4 << 20,
            transaction_interval: Duration::from_millis(5),
            attempt_timeout: Duration::from_mins(1),
            retry_pause_first: Duration::from_millis(50),
            retry_pause_max: Duration::from_secs(2),
            lag_interval: Duration::from_secs(5),
        }
    }
}
