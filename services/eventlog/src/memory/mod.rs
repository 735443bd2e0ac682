//! The log in memory, for tests and seeded simulation: the semantics of the real ones, with faults at will.
//!
//! One [`MemoryLog`] is one process's way into the log; [`MemoryLog::process`] gives another process on the same log.
//! Nothing is drawn and no real clock is read: with one thread and a fate given to every append, runs repeat.

mod broker;
mod fate;
mod groups;
mod log;
mod ownership;
mod tail;

pub use self::fate::Fate;
pub use self::log::MemoryLog;
