//! A Postgres of our own for one machine: made on first use, started with us, stopped with us.

mod account;
mod binaries;
mod place;
mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use server::Managed;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine has no Postgres server programs.
    #[error("no Postgres server programs (initdb, postgres) on PATH or in /usr/lib/postgresql; install `postgresql`")]
    NoBinaries,
    /// The data was written by another major version.
    #[error("the data in {directory} is of Postgres {version}, whose server programs are not installed")]
    OtherVersion {
        /// Where the data lies.
        directory: PathBuf,
        /// Its major version.
        version: String,
    },
    /// A server refuses to run as root and there is nobody to hand it to.
    #[error("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as")]
    NoUser,
    /// Another process of ours runs a server there.
    #[error("another threadline is running Postgres in {0}")]
    InUse(PathBuf),
    /// A program failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// Which.
        program: &'static str,
        /// The end of what it said.
        reason: String,
    },
    /// It did not answer in time.
    #[error("Postgres in {directory} did not answer within {} s: {reason}", waited.as_secs())]
    Silent {
        /// Where.
        directory: PathBuf,
        /// How long we waited.
        waited: Duration,
        /// The last answer.
        reason: String,
    },
    /// A file or directory could not be made or read.
    #[error("failed to read or write {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}
