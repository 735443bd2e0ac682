//! Failures of the log.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::Topic;

/// Why the log did not do what it was asked. Every variant but [`Error::TooLarge`] and [`Error::Misconfigured`] is
/// worth a retry ([`retryable`](Self::retryable)).
///
/// | variant | is the record in the log? |
/// |---|---|
/// | `Unavailable` | perhaps |
/// | all others | no |
///
/// Shown as one line with its cause; [`source`](StdError::source) goes on with what caused that.
#[derive(Clone, Debug)]
pub enum Error {
    /// The log cannot be reached, or did not confirm in time. The record may be in the log or not.
    Unavailable(Reason),
    /// The append queue is full.
    Full,
    /// The record is larger than the log takes.
    TooLarge {
        /// The topic.
        topic: Topic,
        /// The record's size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A role in operation does not read records of this schema, or nobody knows whether it does.
    Unsupported {
        /// The schema's id.
        schema_id: u32,
    },
    /// The log is there but not as it must be: a topic is missing, its number of partitions differs, credentials are
    /// refused.
    Misconfigured(Reason),
}

/// What was tried in vain, and what kept it from succeeding, where that is an error of its own.
#[derive(Clone, Debug)]
pub struct Reason {
    text: Cow<'static, str>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
    /// What else is known.
    detail: Option<String>,
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full | Self::Unsupported { .. })
    }

    /// Unavailable, because of another error.
    pub(crate) fn unavailable(
        text: impl Into<Cow<'static, str>>,
        cause: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Unavailable(Reason::caused(text, cause))
    }

    /// Misconfigured, because of another error.
    pub(crate) fn misconfigured(
        text: impl Into<Cow<'static, str>>,
        cause: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Misconfigured(Reason::caused(text, cause))
    }
}

impl Reason {
    fn caused(text: impl Into<Cow<'static, str>>, cause: impl StdError + Send + Sync + 'static) -> Self {
        Self { text: text.into(), cause: Some(Arc::new(cause)), detail: None }
    }

    /// The same failure, of which more is known.
    pub(crate) fn with(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// The error that kept it from succeeding.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl From<&'static str> for Reason {
    fn from(text: &'static str) -> Self {
        Self { text: text.into(), cause: None, detail: None }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text: text.into(), cause: None, detail: None }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(reason) => write!(f, "the log is unavailable: {reason}"),
            Self::Full => f.write_str("the log's append queue is full"),
            Self::TooLarge { topic, bytes, bytes_max } => {
                write!(f, "a record of {bytes} bytes is larger than {topic} takes ({bytes_max})")
            }
            Self::Unsupported { schema_id } => {
                write!(f, "not every role in operation reads schema {schema_id} yet")
            }
            Self::Misconfigured(reason) => write!(f, "the log is misconfigured: {reason}"),
        }
    }
}

impl StdError for Error {
    /// What caused the cause: the cause itself is part of the text.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unavailable(reason) | Self::Misconfigured(reason) => reason.cause()?.source(),
            Self::Full | Self::TooLarge { .. } | Self::Unsupported { .. } => None,
        }
    }
}
