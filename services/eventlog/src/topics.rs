//! What every log keeps of each topic, and how large a record may be.

use std::time::Duration;

use crate::{Error, NewRecord, Topic};

/// The largest record of any topic: key, value and headers together.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// What a topic keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Every record, for ever.
    Forever,
    /// Every record for this long at least.
    For(Duration),
    /// The last record of each key at least.
    LastOfEachKey,
}

/// What the topic keeps.
pub const fn retention(topic: Topic) -> Retention {
    const MINUTE_SECONDS: u64 = 60;
    const HOUR_SECONDS: u64 = 60 * MINUTE_SECONDS;
    const DAY_SECONDS: u64 = 24 * HOUR_SECONDS;
    match topic {
        Topic::Messages | Topic::DeadLetters => Retention::Forever,
        Topic::Reads | Topic::Users => Retention::LastOfEachKey,
        Topic::MessagesCommands => Retention::For(Duration::from_secs(7 * DAY_SECONDS)),
        Topic::Rejections => Retention::For(Duration::from_secs(HOUR_SECONDS)),
        Topic::Signals => Retention::For(Duration::from_secs(MINUTE_SECONDS)),
    }
}

/// Refuses a record that is larger than [`RECORD_BYTES_MAX`].
pub(crate) fn check_size(topic: Topic, record: &NewRecord) -> Result<(), Error> {
    let bytes = record.size_bytes();
    if bytes > RECORD_BYTES_MAX {
        return Err(Error::TooLarge { topic, bytes, bytes_max: RECORD_BYTES_MAX });
    }
    Ok(())
}
