//! The log in Postgres, the default on one machine. Several processes may share it.
//!
//! ```text
//! queue ─▶ appender ─▶ feed ─▶ tail          one transaction and one round trip a batch; an appender for each class
//!              └─ wake ─▶ reader of every other process ─▶ its feed ─▶ its tails
//! ```

mod appender;
mod bounds;
pub(crate) mod connect;
mod epoch;
mod feed;
mod headers;
mod log;
mod migrate;
mod options;
mod ownership;
pub(crate) mod presence;
mod queue;
mod reader;
mod retention;
mod rows;
mod signal;
mod tail;
mod wake;

pub use self::log::PostgresLog;
pub use self::options::Options;
