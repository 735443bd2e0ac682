//! Why a process of ours ends with something else than 0.

use std::net::SocketAddr;

use crate::{config, postgres};

/// Why a process of ours ends with something else than 0: one line for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// Our own Postgres.
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
    /// The log.
    #[error(transparent)]
    Log(#[from] threadline_eventlog::Error),
    /// The projections.
    #[error(transparent)]
    Projections(#[from] threadline_projections::Error),
    /// The keys.
    #[error(transparent)]
    Sealing(#[from] threadline_sealing::Error),
    /// An edge.
    #[error(transparent)]
    Edge(#[from] threadline_edge::Error),
    /// Somebody else listens there.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Something the operating system refused.
    #[error("{what}: {source}")]
    System {
        /// What we wanted.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A role ended though nobody asked it to.
    #[error("the {0} ended by itself")]
    Ended(&'static str),
    /// What a tool would not do; nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// What a tool found; said in full already.
    #[error("{0}")]
    Tool(String),
}

impl Error {
    /// The exit code of a process that ends with this: 3 when nothing was changed because what was asked for is not possible
    /// now, otherwise 1. (2 is for arguments that make no sense.)
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 3,
            _ => 1,
        }
    }

    /// A refusal of the operating system.
    pub fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::System { what, source }
    }
}
