//! The log: append, tail, own. One trait, three implementations (`kafka`, `postgres`, `memory`), one contract
//! suite that runs against all of them. Nothing outside this crate names a broker's client.

mod aggregate;
mod class;
pub mod codec;
mod error;
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
