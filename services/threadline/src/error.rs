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
    /// The views.
    #[error(transparent)]
    Views(#[from] threadline_projections::Error),
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
    /// What a tool found; said in full already.
    #[error("{0}")]
    Tool(String),
}

impl Error {
    /// A refusal of the operating system.
    pub fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::System { what, source }
    }
}
