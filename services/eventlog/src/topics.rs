//! How large a record of any topic may be.

pub use threadline_domain::topic::Retention;

use crate::{Error, NewRecord, Topic};

/// The largest record of any topic: key, value and headers together.
///
/// Every log takes a record of this size and refuses a larger one ([`Error::TooLarge`]). Bounds in bytes elsewhere (a
/// batch, a page, a tail's queue) are targets for what is taken together: a single record may exceed them, so each of
/// them holds at most its bound and one record.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// Refuses a record that is larger than [`RECORD_BYTES_MAX`].
pub(crate) fn check_size(topic: Topic, record: &NewRecord) -> Result<(), Error> {
    let bytes = record.size_bytes();
    if bytes > RECORD_BYTES_MAX {
        return Err(Error::TooLarge { topic, bytes, bytes_max: RECORD_BYTES_MAX });
    }
    Ok(())
}
