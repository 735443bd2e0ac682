//! The parts of the `threadline` binary.
//!
//! Start at [`cli`], whose `run` maps each command to its function, then [`roles`]: each role gets its configuration,
//! the log and the projections, and runs until it is told to stop.
//!
//! ```text
//! cli ─▶ config: flags, environment, file ─▶ storage: log + projections ─▶ roles: dev = edge + decider + projector
//!                                                                       └▶ import, replay, load, token
//! ```
//!
//! | module | does |
//! |---|---|
//! | [`config`] | every setting, and where its value came from |
//! | [`storage`] | opens and migrates the log and the projections |
//! | [`roles`] | wires `dev`, `edge`, `decider` and `projector` |
//! | [`postgres`] | runs a Postgres of its own for `dev` |
//! | [`keys`], [`token`] | the keyring of a configuration; development tokens |
//! | [`import`], [`replay`], [`load`] | the tools |
//! | [`telemetry`], [`shutdown`] | process log and metrics; signals |
//!
//! What holds: a wrong setting stops the start with one line that says which and why. Every role ends on SIGTERM,
//! within a bound. What is never here: anything that a role alone could do.

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
