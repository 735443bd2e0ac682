//! Why projections do not move.

use threadline_eventlog::{Offset, Partition, Stopped, Topic};
use threadline_projections::{Error, ProjectError, Schema};

/// Why generations could not be moved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Projections(#[from] Error),
    #[error(transparent)]
    Transaction(#[from] ProjectError),
    #[error(transparent)]
    Log(#[from] threadline_eventlog::Error),
    #[error("no answer in time")]
    Timeout,
    #[error("a lane broke: {0}")]
    Panicked(String),
    #[error("another projector has moved {schema} on")]
    Moved { schema: Schema },
    #[error("{schema} was dropped or taken back under its writer")]
    Dropped { schema: Schema },
    #[error(
        "{schema} is at {next} of {topic}:{partition}, but the log ends at {end}: it is not the log that it was made from"
    )]
    Ahead { schema: Schema, topic: Topic, partition: Partition, next: Offset, end: Offset },
}

impl Failed {
    /// Whether a generation does not fit this log.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Ahead { .. } => true,
            Self::Projections(error) | Self::Transaction(ProjectError::Failed(error)) => error.is_final(),
            _ => false,
        }
    }

    /// Whether another projector moved the generation first, which is no failure.
    pub(crate) fn is_fenced(&self) -> bool {
        matches!(self, Self::Moved { .. } | Self::Dropped { .. } | Self::Transaction(ProjectError::Fenced { .. }))
    }
}

/// Why a rebuild did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The registry or the new generation failed.
    #[error(transparent)]
    Projections(#[from] Error),
    /// A record or a transaction failed repeatedly.
    #[error("the rebuild stands still: {0}")]
    Failed(String),
    /// A newer program wrote a record that this one cannot read.
    #[error("the rebuild cannot go on: {0}")]
    Unreadable(Stopped),
    /// Another process rebuilds the same projection.
    #[error("projection {0} is being rebuilt by another process")]
    Busy(&'static str),
    /// It was stopped; the next rebuild continues from there.
    #[error("stopped; a rebuild goes on from there")]
    Cancelled,
}
