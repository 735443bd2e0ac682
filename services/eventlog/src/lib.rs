//! The event log: appends records, tails partitions, shares partitions out among owners.
//!
//! Start at [`EventLog`], then [`LoggedAggregate`], which turns commands and events into records. Three implementations
//! pass one contract suite (`tests/tests/all/log_contract`):
//!
//! | module | used | durable by |
//! |---|---|---|
//! | [`kafka`] | on more than one machine | every in-sync replica |
//! | [`postgres`] | on one machine; the default | a committed transaction |
//! | [`memory`] | in tests and simulations | nothing; faults can be injected |
//!
//! A record's way through the log:
//!
//! ```text
//! append(topic, record) ─▶ queue of its class ─▶ durable, has an offset ─▶ tail() of every process
//!        │                                              │
//!        └ Full, TooLarge: at once                      └ the Appending resolves to its position
//! ```
//!
//! What holds in all three:
//! - Offsets of a partition rise, and appends of one process to one partition take effect in call order.
//! - A failed append never leaves a gap that its caller does not know of ([`EventLog`], "Failed appends").
//! - Ownership says who works on a partition; it does not protect the log from a former owner. Consumers drop
//!   duplicates by their cause (decision 3).
//! - No record is larger than [`topics::RECORD_BYTES_MAX`], and every queue is bounded.
//!
//! What is never here: rules of conversations, SQL on projections, JSON. Nothing outside this crate names a broker's
//! client.
//!
//! Decisions: 3 (one writer for each partition), 4 (ownership and reading are separate), 5 (Kafka groups know a decider
//! by name), 6 (append classes), 10 (new schemas await their readers).

mod aggregate;
mod class;
pub mod codec;
mod error;
pub mod facts;
mod failure_barrier;
mod gated;
pub mod kafka;
pub mod lease;
mod log;
pub mod memory;
pub mod metrics;
mod offsets;
mod partition;
pub mod postgres;
mod record;
mod stopped;
mod tail;
mod thread;
pub mod topics;

pub use aggregate::{LoggedAggregate, RefusalOf, ReplyOf, unknown_schema};
pub use error::{Error, Reason};
pub use gated::{GatedLog, Readers};
pub use log::{Appending, EventLog, Ownership, OwnershipChange, Start};
pub use offsets::PartitionOffsets;
pub use partition::partition_of;
pub use record::{Headers, NewRecord, Record, header};
pub use stopped::{Stopped, StoppedPartitions};
pub use tail::{Tail, TailBatch};
pub use threadline_domain::{Offset, Partition, Position, Topic};
