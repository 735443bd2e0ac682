//! The parts of the `threadline` binary: configuration, telemetry, its own Postgres, the roles' wiring, the tools.

pub mod cli;
pub mod config;
mod error;
pub mod import;
pub mod keys;
pub mod load;
mod output;
pub mod postgres;
pub mod replay;
pub mod roles;
pub mod shutdown;
pub mod storage;
pub mod telemetry;
pub mod token;

pub use error::Error;
