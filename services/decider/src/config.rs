//! The bounds of a decider.

use std::time::Duration;

/// The bounds of a decider; every partition has its own of each.
#[derive(Clone, Debug)]
pub struct Config {
    /// The group whose members share out the partitions.
    pub group: String,
    /// States kept in memory, bytes (an estimate); the least recently used go first.
    pub state_bytes_max: usize,
    /// Events kept in memory until the stored states have them, bytes (an estimate). What the states lack beyond that is
    /// read back from the log when a state is loaded.
    pub recent_bytes_max: usize,
    /// Appends and replies under way; further commands wait.
    pub in_flight_max: usize,
    /// Commands read and not decided; a lookup asks for what all of them need.
    pub inbox_commands_max: usize,
    /// States and facts that one lookup asks for.
    pub lookups_max: usize,
    /// Commands read ahead.
    pub read_ahead_records_max: usize,
    /// Commands read ahead, bytes.
    pub read_ahead_bytes_max: usize,
    /// Partitions that read through a tail of their own at a time, because they fell behind the others; more wait their turn.
    pub own_tails_max: usize,
    /// The longest a lookup of states may take; after it, the commands that wait for it are refused as unavailable.
    pub load_timeout: Duration,
    /// The longest time to read events back from the log for one lookup, when the states lag.
    pub read_back_timeout: Duration,
    /// The time after a failed lookup in which others are refused at once instead of waiting too.
    pub load_pause: Duration,
    /// A worker that did not run for this long (a stopped process, a frozen machine) may have been replaced: it takes
    /// its partition over again before it appends.
    pub stall_max: Duration,
    /// The longest time for a worker to finish its appends when its partition is revoked.
    pub drain_timeout: Duration,
    /// How long leaving the group may take when the decider ends.
    pub leave_timeout: Duration,
    /// The interval of asking for the progress of the states.
    pub progress_interval: Duration,
    /// The pause before a takeover is tried again.
    pub retry_pause: Duration,
    /// The pause before a partition that holds a record of a newer program is tried again.
    pub stopped_pause: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            group: "threadline-decider".into(),
            state_bytes_max: 16 << 20,
            recent_bytes_max: 32 << 20,
            in_flight_max: 4_096,
            inbox_commands_max: 1_024,
            lookups_max: 256,
            read_ahead_records_max: 8_192,
            read_ahead_bytes_max: 4 << 20,
            own_tails_max: 4,
            load_timeout: Duration::from_secs(1),
            read_back_timeout: Duration::from_secs(30),
            load_pause: Duration::from_millis(500),
            stall_max: Duration::from_secs(4),
            drain_timeout: Duration::from_secs(2),
            leave_timeout: Duration::from_secs(3),
            progress_interval: Duration::from_millis(500),
            retry_pause: Duration::from_millis(200),
            stopped_pause: Duration::from_secs(1),
        }
    }
}
