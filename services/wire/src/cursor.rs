//! Where a client is in the log: an opaque text that any edge understands.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use threadline_domain::{Offset, Partition};

/// Partitions in a cursor.
pub const CURSOR_PARTITIONS_MAX: usize = 1_024;
/// Characters of a cursor as text: enough for the most partitions at the highest offsets.
pub const CURSOR_CHARS_MAX: usize = 24 << 10;
/// Bytes of a log's id: those of Kafka name the cluster and the topics' prefix.
const LOG_ID_BYTES_MAX: usize = 320;
/// The first byte; another layout gets another one.
const VERSION: u8 = 1;

/// How far a client has received the `messages` topic: for each partition the offset of the next record.
/// As text: base64url of a version byte, the log's id and varints; opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The id of the log that the offsets belong to; at most 320 bytes.
    pub log: String,
    /// The next offset, by partition; at most [`CURSOR_PARTITIONS_MAX`].
    pub next: BTreeMap<Partition, Offset>,
}

/// The text is not a cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(16 + self.log.len() + 6 * self.next.len());
        bytes.push(VERSION);
        put_varint(self.log.len() as u64, &mut bytes);
        bytes.extend_from_slice(self.log.as_bytes());
        put_varint(self.next.len() as u64, &mut bytes);
        for (&partition, &offset) in &self.next {
            put_varint(partition.into(), &mut bytes);
            put_varint(offset, &mut bytes);
        }
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Takes exactly what [`Display`](fmt::Display) writes: every cursor has one text.
impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        if text.len() > CURSOR_CHARS_MAX {
            return Err(NotACursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor)?;
        read(&bytes).ok_or(NotACursor)
    }
}

fn read(bytes: &[u8]) -> Option<Cursor> {
    let (&version, mut rest) = bytes.split_first()?;
    if version != VERSION {
        return None;
    }
    let length = usize::try_from(varint(&mut rest)?).ok().filter(|&length| length <= LOG_ID_BYTES_MAX)?;
    let (log, after) = rest.split_at_checked(length)?;
    rest = after;
    let log = std::str::from_utf8(log).ok()?.to_owned();
    let count = usize::try_from(varint(&mut rest)?).ok().filter(|&count| count <= CURSOR_PARTITIONS_MAX)?;
    let mut next = BTreeMap::new();
    for _ in 0..count {
        let partition = Partition::try_from(varint(&mut rest)?).ok()?;
        if next.last_key_value().is_some_and(|(&last, _)| partition <= last) {
            return None;
        }
        next.insert(partition, varint(&mut rest)?);
    }
    rest.is_empty().then_some(Cursor { log, next })
}

fn put_varint(mut rest: u64, out: &mut Vec<u8>) {
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// A varint without needless zeros at its end.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if (shift == 63 && byte > 1) || (shift > 0 && byte == 0) {
            return None;
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_from_its_text(
            log in "[a-zA-Z0-9é-]{0,32}",
            next in prop::collection::btree_map(any::<Partition>(), any::<Offset>(), 0..40),
        ) {
            let cursor = Cursor { log, next };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn a_text_is_refused_or_the_only_one_of_its_cursor(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = URL_SAFE_NO_PAD.encode([&[VERSION][..], &bytes].concat());
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }

        #[test]
        fn any_text_is_taken_without_panic(text in ".*") {
            let _ = text.parse::<Cursor>();
        }
    }

    #[test]
    fn the_largest_cursor_fits() {
        let next = (0..CURSOR_PARTITIONS_MAX as u32).map(|partition| (u32::MAX - partition, Offset::MAX)).collect();
        let cursor = Cursor { log: "x".repeat(LOG_ID_BYTES_MAX), next };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_not_a_cursor_is_refused() {
        let text = Cursor { log: "log".into(), next: [(0, 1), (1, 300)].into() }.to_string();
        assert_eq!(text, "AQNsb2cCAAEBrAI");
        let refused =
            ["", "A", "AgNsb2cCAAEBrAI", "AQNsb2cCAAEBrA", "AQNsb2cCAAEBrAIA", "AQNsb2cCAQEArAI", "AQNsb2cCAAEBrAI="];
        for text in refused {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
        assert_eq!("A".repeat(CURSOR_CHARS_MAX + 1).parse::<Cursor>(), Err(NotACursor));
        let many = Cursor { log: String::new(), next: (0..=CURSOR_PARTITIONS_MAX as u32).map(|p| (p, 0)).collect() };
        assert_eq!(many.to_string().parse::<Cursor>(), Err(NotACursor));
    }
}
