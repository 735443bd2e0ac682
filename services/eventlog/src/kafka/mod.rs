//! The log on Apache Kafka, for more than one machine.

mod append;
mod cluster;
mod config;
mod context;
mod create;
mod delivery;
mod error;
mod held;
mod instance;
mod log;
mod marker;
mod own;
mod sending;
mod tail;
mod threads;
mod topics;
mod underway;

pub use self::config::{KafkaConfig, Security};
pub use self::create::{PARTITIONS_DEFAULT, create_topics, list_topics};
pub use self::instance::GroupInstance;
pub use self::log::KafkaLog;
pub use self::topics::TopicDescription;
