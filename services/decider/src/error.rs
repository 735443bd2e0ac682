//! Why a partition cannot be served now.

use threadline_eventlog::{Offset, Stopped};

/// Why a worker stops and takes its partition over again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// An append failed.
    NotAppended,
    /// Someone else wrote to this partition: an append did not get the expected offset, or a stored state has an event
    /// that we did not write.
    AnotherWriter,
    /// The process stood still for so long that another one may own the partition.
    Stalled,
    /// A record has a schema that this program does not know.
    Unreadable(Stopped),
}

/// Why a takeover has to be tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeoverError {
    #[error(transparent)]
    Log(#[from] threadline_eventlog::Error),
    #[error("failed to look up how far the states are: {0}")]
    States(#[from] threadline_projections::Error),
    #[error("the states are at {states} but the log ends at {log}: it is not the log they were made from")]
    LogReplaced { states: Offset, log: Offset },
    #[error("failed to look up how far the states are: no answer in time")]
    StatesHang,
    #[error("the log was shut down")]
    LogClosed,
    #[error("{0}")]
    Unreadable(Stopped),
}
