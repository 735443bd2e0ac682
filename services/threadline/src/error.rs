//! Why a process of ours ends with something else than 0.

use std::net::SocketAddr;

use crate::{config, postgres, telemetry};

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
    #[error("failed to listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Something the operating system refused.
    #[error("{what}")]
    System {
        /// What failed, such as `failed to start the runtime`, or where, such as a file and its line.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Metrics cannot be collected.
    #[error(transparent)]
    Metrics(#[from] telemetry::MetricsError),
    /// A rebuild did not come to its end.
    #[error(transparent)]
    Rebuild(#[from] threadline_projector::RebuildError),
    /// A request of a tool got no answer.
    #[error("failed to ask {url}")]
    Request {
        /// What was asked for.
        url: String,
        /// Why there is none.
        source: reqwest::Error,
    },
    /// A request of a tool was answered with an error.
    #[error("{url} answered {status}: {problem}")]
    Answer {
        /// What was asked for.
        url: String,
        /// The status.
        status: reqwest::StatusCode,
        /// The beginning of the answer.
        problem: String,
    },
    /// A socket of a tool broke.
    #[error("socket {index} to {url} failed")]
    Socket {
        /// Which of the tool's sockets.
        index: usize,
        /// The edge.
        url: String,
        /// Why.
        source: Box<tokio_tungstenite::tungstenite::Error>,
    },
    /// The log ended under a tool.
    #[error("the log was closed")]
    LogClosed,
    /// A signal ended a tool before its work was done.
    #[error("stopped")]
    Stopped,
    /// A role ended though nobody asked it to.
    #[error("the {0} ended by itself")]
    Ended(&'static str),
    /// What a tool would not do; nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// What a tool found, or what it cannot work with; said in full.
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

    /// One line: this error, and what caused it, as far as that has not been said.
    pub fn line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            if !line.contains(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            cause = error.source();
        }
        line
    }

    /// A refusal of the operating system.
    pub fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::System { what, source }
    }
}
