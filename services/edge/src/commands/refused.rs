//! Why a command led to nothing.

use threadline_domain::thread::Rejection;
use threadline_eventlog::Error;

use crate::sealing::NotSealed;

/// Why a command led to nothing, as far as is known. `R` is the aggregate's rejection.
#[derive(Clone, Debug)]
pub enum Refused<R = Rejection> {
    /// The rules reject it.
    Rejected(R),
    /// Nobody has decided it, or the edge does not know the outcome.
    NoOutcome(NoOutcome),
}

/// Why the outcome of a command, or of an append, is not known.
#[derive(Clone, Debug)]
pub enum NoOutcome {
    /// The log or the decider cannot do it now. It has not happened, or the append was not confirmed.
    Unavailable(String),
    /// No outcome in time: it may or may not have happened.
    Timeout,
    /// Too many requests wait; it has not happened.
    Full,
    /// A role in operation does not know yet what it asks for; it has not happened.
    Unsupported,
}

impl<R> From<NoOutcome> for Refused<R> {
    fn from(no_outcome: NoOutcome) -> Self {
        Self::NoOutcome(no_outcome)
    }
}

impl From<NotSealed> for Refused {
    fn from(not_sealed: NotSealed) -> Self {
        match not_sealed {
            NotSealed::Rejected(rejection) => Self::Rejected(rejection),
            NotSealed::Unavailable(error) => NoOutcome::Unavailable(error.to_string()).into(),
        }
    }
}

impl From<Error> for NoOutcome {
    fn from(error: Error) -> Self {
        match error {
            Error::Full => Self::Full,
            Error::Unsupported { .. } => Self::Unsupported,
            other => Self::Unavailable(other.to_string()),
        }
    }
}
