//! The log in memory, for tests and seeded simulations: the semantics of the real ones, with injected faults.
//!
//! One [`MemoryLog`] is one process's handle; [`MemoryLog::process`] adds a process to the same log. It draws no
//! randomness and reads no clock: with one thread and a fate for every append, runs repeat.

mod broker;
mod fate;
mod groups;
mod log;
mod ownership;
mod tail;

pub use self::fate::Fate;
pub use self::log::MemoryLog;
