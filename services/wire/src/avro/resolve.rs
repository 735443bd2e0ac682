//! Older versions of a record, read as the newest.

use std::sync::Once;

use apache_avro::util::max_allocation_bytes;
use apache_avro::{Schema, from_avro_datum, to_avro_datum};

use super::DecodeError;

/// No single value in a record of ours is larger: the logs take no larger records.
const VALUE_BYTES_MAX: usize = 16 << 20;

/// Rewrites a body from the schema it was written with into the one it is to be read with, by Avro's rules of
/// schema resolution.
pub(super) fn resolve(written: &Schema, read: &Schema, mut body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    static BOUNDED: Once = Once::new();
    BOUNDED.call_once(|| {
        max_allocation_bytes(VALUE_BYTES_MAX);
    });
    let unreadable = |error: apache_avro::Error| DecodeError(error.to_string());
    let value = from_avro_datum(written, &mut body, Some(read)).map_err(unreadable)?;
    if !body.is_empty() {
        return Err(DecodeError(format!("{} bytes follow the record", body.len())));
    }
    to_avro_datum(read, value).map_err(unreadable)
}
