//! The bounds of a decider.

use std::time::Duration;

/// The bounds of a decider; every partition has its own of each.
#[derive(Clone, Debug)]
pub struct Config {
    /// The group whose members share out the partitions.
    pub group: String,
    /// States kept in memory, bytes (an estimate); the least recently used go first.
    pub state_bytes_max: usize,
    /// Events kept in memory until the views have them, bytes (an estimate). A thread that is not in memory can be loaded
    /// only while the views are not further behind than this.
    pub recent_bytes_max: usize,
    /// Appends and answers under way; further commands wait.
    pub in_flight_max: usize,
    /// Batches of commands read ahead.
    pub read_ahead_batches_max: usize,
    /// How long one lookup in the views may take before the command is refused as unavailable.
    pub load_timeout: Duration,
    /// After a failed lookup, how long others are refused at once instead of waiting too.
    pub load_pause: Duration,
    /// A worker that did not run for this long (a stopped process, a frozen machine) may have been replaced: it takes
    /// its partition over again before it writes.
    pub stall_max: Duration,
    /// How long a worker may finish its appends when its partition is revoked.
    pub drain_timeout: Duration,
    /// How often the views are asked how far they are.
    pub progress_interval: Duration,
    /// The pause before a takeover is tried again.
    pub retry_pause: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            group: "threadline-decider".into(),
            state_bytes_max: 16 << 20,
            recent_bytes_max: 32 << 20,
            in_flight_max: 4_096,
            read_ahead_batches_max: 16,
            load_timeout: Duration::from_secs(1),
            load_pause: Duration::from_millis(500),
            stall_max: Duration::from_secs(4),
            drain_timeout: Duration::from_secs(2),
            progress_interval: Duration::from_millis(500),
            retry_pause: Duration::from_millis(200),
        }
    }
}
