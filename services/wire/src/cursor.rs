//! A client's offsets in the log: an opaque text that every edge understands (decision 18).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use threadline_domain::{Offset, Topic};

/// Partitions in a cursor, of all topics together.
pub const CURSOR_PARTITIONS_MAX: usize = 1_024;
/// Characters of a cursor as text: enough for all partitions at the highest offsets.
pub const CURSOR_CHARS_MAX: usize = 16 << 10;
/// The first byte; another layout has another one.
const VERSION: u8 = 2;
/// The highest first byte that another version may have. A text that begins with another byte was never a cursor.
const VERSION_MAX: u8 = 31;

/// The next offset in each partition of some topics, by partition.
pub type Offsets = BTreeMap<Topic, Vec<Offset>>;

/// How far a client has received the event topics: it has every event below these offsets that concerns it.
///
/// As text, base64url of: a version byte, eight bytes of [`LogFingerprint`], and for each topic its number, its number
/// of partitions, a bitmap of the partitions with an offset above 0, and these offsets. Numbers are varints. With a
/// million records in each partition, 8 partitions take 48 characters, three topics with 24 partitions each 320.
///
/// ```text
/// ← welcome { cursor: A }   event   event   pong { cursor: B }      the client keeps B: everything before it was delivered
///   reconnects anywhere: hello { cursor: B }  →  everything from B on, in order
/// ```
///
/// Parsing fails with [`NotACursor`]. A cursor of another version or another log is no error to a client: it reloads
/// instead (`resync`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The log that the offsets belong to.
    pub log: LogFingerprint,
    /// The next offset in each partition; at most [`CURSOR_PARTITIONS_MAX`] partitions.
    pub next: Offsets,
}

/// A short hash of a log's id. Tells a cursor of another log from one of this log; it is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFingerprint(u64);

impl LogFingerprint {
    /// Returns the fingerprint (FNV-1a) of a log's id.
    pub fn of(log: &str) -> Self {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(log.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
    }
}

/// Why a text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACursor {
    /// It was never written by an edge.
    #[error("is not a cursor")]
    Malformed,
    /// An edge of another version wrote it.
    #[error("is a cursor of another version")]
    OtherVersion,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partitions: usize = self.next.values().map(Vec::len).sum();
        let mut bytes = Vec::with_capacity(16 + 6 * partitions);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.log.0.to_be_bytes());
        for (topic, offsets) in &self.next {
            put_varint(topic.number() as u64, &mut bytes);
            put_varint(offsets.len() as u64, &mut bytes);
            let is_set = |offset: &Offset| u8::from(*offset > 0);
            for eight in offsets.chunks(8) {
                bytes.push(eight.iter().enumerate().map(|(bit, offset)| is_set(offset) << bit).sum());
            }
            offsets.iter().filter(|offset| **offset > 0).for_each(|&offset| put_varint(offset, &mut bytes));
        }
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Accepts exactly what [`Display`](fmt::Display) writes: every cursor has one text.
impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        if text.len() > CURSOR_CHARS_MAX {
            return Err(NotACursor::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor::Malformed)?;
        match bytes.split_first() {
            Some((&VERSION, rest)) => read(rest).ok_or(NotACursor::Malformed),
            Some((1..=VERSION_MAX, _)) => Err(NotACursor::OtherVersion),
            _ => Err(NotACursor::Malformed),
        }
    }
}

fn read(bytes: &[u8]) -> Option<Cursor> {
    let (log, mut rest) = bytes.split_first_chunk()?;
    let log = LogFingerprint(u64::from_be_bytes(*log));
    let (mut next, mut room) = (Offsets::new(), CURSOR_PARTITIONS_MAX);
    while !rest.is_empty() {
        let topic = Topic::from_number(i16::try_from(varint(&mut rest)?).ok()?)?;
        if next.last_key_value().is_some_and(|(&last, _)| topic <= last) {
            return None;
        }
        let count = usize::try_from(varint(&mut rest)?).ok()?;
        room = room.checked_sub(count)?;
        next.insert(topic, read_offsets(count, &mut rest)?);
    }
    Some(Cursor { log, next })
}

fn read_offsets(count: usize, rest: &mut &[u8]) -> Option<Vec<Offset>> {
    let (bitmap, after) = rest.split_at_checked(count.div_ceil(8))?;
    *rest = after;
    let is_set = |partition: usize| bitmap[partition / 8] >> (partition % 8) & 1 == 1;
    if (count..bitmap.len() * 8).any(is_set) {
        return None;
    }
    let mut offset = |partition| {
        if is_set(partition) { varint(rest).filter(|&offset| offset > 0) } else { Some(0) }
    };
    (0..count).map(&mut offset).collect()
}

fn put_varint(mut rest: u64, out: &mut Vec<u8>) {
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Reads a varint without needless zeros at its end.
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

    fn topic() -> impl Strategy<Value = Topic> {
        prop::sample::select(Topic::ALL.to_vec())
    }

    fn offset() -> impl Strategy<Value = Offset> {
        prop_oneof![Just(0), any::<Offset>(), 0..1_000_u64]
    }

    fn cursor(topics: &[Topic], partitions: usize, offset: Offset) -> Cursor {
        let next = topics.iter().map(|&topic| (topic, vec![offset; partitions])).collect();
        Cursor { log: LogFingerprint::of("log"), next }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_from_its_text(
            log in ".{0,32}",
            next in prop::collection::btree_map(topic(), prop::collection::vec(offset(), 0..40), 0..4),
        ) {
            let cursor = Cursor { log: LogFingerprint::of(&log), next };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn a_text_is_refused_or_the_only_one_of_its_cursor(bytes in prop::collection::vec(0..20_u8, 0..40)) {
            let text = URL_SAFE_NO_PAD.encode([&[VERSION][..], &[0; 8], &bytes].concat());
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
    fn a_cursor_is_short() {
        let three: Vec<_> = Topic::events().collect();
        let chars = |topics: &[Topic], partitions, offset| cursor(topics, partitions, offset).to_string().len();
        assert_eq!(chars(&three[..1], 8, 1_000_000), 48);
        assert_eq!(chars(&three, 8, 1_000_000), 120);
        assert_eq!(chars(&three, 24, 1_000_000), 320);
        assert_eq!(chars(&three, 24, 0), 32);
        assert_eq!(chars(&three, 24, 1_000_000_000), 512);
    }

    #[test]
    fn the_largest_cursor_fits() {
        let cursor = cursor(&[Topic::Messages], CURSOR_PARTITIONS_MAX, Offset::MAX);
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_not_a_cursor_is_refused() {
        let ours = Cursor { log: LogFingerprint(1), next: [(Topic::Messages, vec![1, 0, 300])].into() };
        let text = ours.to_string();
        assert_eq!(text, "AgAAAAAAAAABAQMFAawC");
        // Cut off, too long, with padding, an offset of 0, a bit for no partition, and an unknown topic.
        let malformed = [
            "",
            "A",
            "\0",
            "AgAAAAAAAAABAQMFAaw",
            "AgAAAAAAAAABAQMFAawCAA",
            "AgAAAAAAAAABAQMFAawC=",
            "AgAAAAAAAAABAQMFAACsAg",
            "AgAAAAAAAAABAQMNAawC",
            "AgAAAAAAAAABYwMFAawC",
        ];
        for text in malformed {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor::Malformed), "{text}");
        }
        // The first version, which knew one topic.
        assert_eq!("AQNsb2cCAAEBrAI".parse::<Cursor>(), Err(NotACursor::OtherVersion));
        assert_eq!("A".repeat(CURSOR_CHARS_MAX + 1).parse::<Cursor>(), Err(NotACursor::Malformed));
        let many = cursor(&[Topic::Messages], CURSOR_PARTITIONS_MAX + 1, 0);
        assert_eq!(many.to_string().parse::<Cursor>(), Err(NotACursor::Malformed));
    }
}
