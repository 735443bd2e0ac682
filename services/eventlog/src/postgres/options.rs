//! How the log in Postgres is made and kept, and its bounds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Topic;
use crate::topics::Retention;

/// How the log is made and kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many partitions each topic gets when the log is made; one that is there keeps its own.
    pub partitions: u32,
    /// How often old records are taken away.
    pub clean_up_every: Duration,
    /// What topics keep, where it is not what their [`TopicSpec`](threadline_domain::topic::TopicSpec) says.
    pub retention: BTreeMap<Topic, Retention>,
    /// Records of one append class (decision 6) that may wait to be appended; more are refused as full.
    pub append_queue_records_max: usize,
    /// Bytes of them, likewise.
    pub append_queue_bytes_max: usize,
    /// Records that one transaction appends.
    pub append_batch_records_max: usize,
    /// Bytes that one transaction appends; one record may exceed it alone.
    pub append_batch_bytes_max: usize,
    /// How long a record waits to be appended while Postgres is away before it fails as unavailable.
    pub append_wait: Duration,
    /// The newest records of each partition kept in memory for tails.
    pub ring_records_max: usize,
    /// Bytes of them, likewise.
    pub ring_bytes_max: usize,
    /// Connections for what is not on the way of a record: old pages, offsets, commits, clean-up, listening.
    pub connections_max: u32,
    /// How long to wait for one of them.
    pub connection_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            partitions: 8,
            clean_up_every: Duration::from_secs(30),
            retention: BTreeMap::new(),
            append_queue_records_max: 20_000,
            append_queue_bytes_max: 64 << 20,
            append_batch_records_max: 2_000,
            append_batch_bytes_max: 4 << 20,
            append_wait: Duration::from_secs(2),
            ring_records_max: 4_096,
            ring_bytes_max: 1 << 20,
            connections_max: 4,
            connection_wait: Duration::from_secs(2),
        }
    }
}
