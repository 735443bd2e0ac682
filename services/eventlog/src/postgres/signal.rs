//! Signals: stored in no table, handed to this process's tails at once and to other processes' by NOTIFY. Their offsets
//! count what this process has seen and mean nothing elsewhere.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{Buf, BufMut, Bytes};

use super::headers;
use crate::{Error, NewRecord, Partition, Topic};

/// Bytes of a signal, headers and framing included, that fit into a notification.
const SIGNAL_BYTES_MAX: usize = 5_900;

/// Encodes a signal for other processes. `process` names the sender; `serial` tells equal signals apart, of which one
/// transaction would send only one.
pub(super) fn encode(process: u64, serial: u64, partition: Partition, record: &NewRecord) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(64 + record.size_bytes());
    bytes.put_u64(process);
    bytes.put_u64(serial);
    bytes.put_u32(partition);
    bytes.put_u32(record.key.len() as u32);
    bytes.put_slice(&record.key);
    bytes.put_u32(record.value.as_ref().map_or(u32::MAX, |value| value.len() as u32));
    bytes.put_slice(record.value.as_deref().unwrap_or_default());
    headers::encode(&record.headers, &mut bytes);
    if bytes.len() > SIGNAL_BYTES_MAX {
        return Err(Error::TooLarge { topic: Topic::Signals, bytes: bytes.len(), bytes_max: SIGNAL_BYTES_MAX });
    }
    Ok(STANDARD_NO_PAD.encode(bytes))
}

/// Decodes the sender, the partition and the record; `None` when the text is not a signal.
pub(super) fn decode(payload: &str) -> Option<(u64, Partition, NewRecord)> {
    let mut bytes = Bytes::from(STANDARD_NO_PAD.decode(payload).ok()?);
    let process = bytes.try_get_u64().ok()?;
    let _serial = bytes.try_get_u64().ok()?;
    let partition = bytes.try_get_u32().ok()?;
    let key_bytes = bytes.try_get_u32().ok()? as usize;
    let key = (key_bytes <= bytes.len()).then(|| bytes.split_to(key_bytes))?;
    let value = match bytes.try_get_u32().ok()? {
        u32::MAX => None,
        value_bytes => Some((value_bytes as usize <= bytes.len()).then(|| bytes.split_to(value_bytes as usize))?),
    };
    Some((process, partition, NewRecord { key, value, headers: headers::decode(bytes) }))
}

/// The time when a signal arrived, which no server stamps.
#[expect(
    clippy::disallowed_methods,
    reason = "when a record was appended is for the log to say; nothing is decided by it"
)]
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;

    #[test]
    fn a_signal_reads_back() {
        for value in [None, Some(Bytes::from_static(b"typing"))] {
            let record = NewRecord { key: "thread".into(), value, headers: Headers::new().with("traceparent", "00") };
            let payload = encode(7, 1, 3, &record).expect("small enough");
            assert_eq!(decode(&payload), Some((7, 3, record)));
        }
    }

    #[test]
    fn a_signal_that_fits_no_notification_is_refused() {
        let value = Some(Bytes::from(vec![0; SIGNAL_BYTES_MAX]));
        let record = NewRecord { key: "thread".into(), value, headers: Headers::new() };
        assert!(matches!(encode(7, 1, 3, &record), Err(Error::TooLarge { .. })));
    }
}
