//! Failures of a keyring.

/// Why texts were not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keys cannot be reached now. Worth a retry.
    #[error("failed to read keys: {0}")]
    Unavailable(String),
    /// The log is sealed and this process does not seal, or the other way round.
    #[error("this log was made with seal = {log}, this process runs with seal = {process}: set seal = {log}")]
    OtherMode {
        /// The mode of the log.
        log: &'static str,
        /// The mode of this process.
        process: &'static str,
    },
    /// The master key is not the one that the keys were wrapped with.
    #[error("the master key is not the one that this log's keys were wrapped with")]
    WrongMasterKey,
    /// The text is not a master key.
    #[error("a master key is 32 bytes in base64 (44 characters), such as `head -c 32 /dev/urandom | base64` prints")]
    NotAMasterKey,
    /// The schema of the keys is missing, or not the one that this program knows.
    #[error("the keys' schema is not as expected: {0}; `threadline migrate` makes or updates it")]
    Schema(String),
}

impl Error {
    /// Whether the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            // Unknown table, invalid schema: what migrations would have made is not there.
            sqlx::Error::Database(database)
                if database.code().is_some_and(|code| code.starts_with("42") || code.starts_with("3F")) =>
            {
                Self::Schema(database.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
