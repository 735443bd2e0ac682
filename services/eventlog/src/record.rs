//! Records as the log carries them.

use bytes::Bytes;

use crate::{Offset, Partition};

/// Names of the record headers we write.
pub mod header {
    /// On an event: the offset of the command that caused it, as decimal text.
    pub const CAUSE: &str = "cause";
    /// On an event that gives a message its number: that number, as decimal text. Numbers stay dense even when the body
    /// of the event is corrupt.
    pub const NUMBER: &str = "number";
    /// On a command, and copied to the event or refusal that answers it: who waits for the outcome, `<edge>/<request>`.
    pub const REPLY_TO: &str = "reply_to";
    /// W3C trace context, copied from the command to the event or refusal that answers it.
    pub const TRACEPARENT: &str = "traceparent";
    /// CloudEvents binary mode: the type, such as `threadline.message_posted`.
    pub const CE_TYPE: &str = "ce_type";
    /// CloudEvents binary mode: the id, unique for its source.
    pub const CE_ID: &str = "ce_id";
    /// CloudEvents binary mode: the source.
    pub const CE_SOURCE: &str = "ce_source";
    /// CloudEvents binary mode: RFC 3339 time.
    pub const CE_TIME: &str = "ce_time";
    /// CloudEvents binary mode: always `1.0`.
    pub const CE_SPECVERSION: &str = "ce_specversion";
    /// The media type of the value.
    pub const CONTENT_TYPE: &str = "content-type";
}

/// Header names with their values, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Bytes, Bytes)>);

impl Headers {
    /// Makes an empty list.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a header after the others.
    pub fn push(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a header and returns the list.
    pub fn with(mut self, name: &'static str, value: impl Into<Bytes>) -> Self {
        self.push(Bytes::from_static(name.as_bytes()), value);
        self
    }

    /// Returns the value of the first header of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(n, _)| n == name.as_bytes()).map(|(_, value)| value.as_ref())
    }

    /// Returns the value like [`get`](Self::get), as text; `None` also when it is not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Iterates over all headers, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Returns the bytes of names and values together.
    pub fn size_bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

/// A record to append. Its key decides its partition ([`partition_of`](crate::partition_of)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    pub key: Bytes,
    /// `None` is a tombstone on a compacted topic.
    pub value: Option<Bytes>,
    pub headers: Headers,
}

impl NewRecord {
    /// Returns the bytes of key, value and headers: what counts against a log's record limit.
    pub fn size_bytes(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, Bytes::len) + self.headers.size_bytes()
    }
}

/// A record as it is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub partition: Partition,
    /// Its offset in the partition.
    pub offset: Offset,
    /// When it was appended, in milliseconds since the epoch by the log's clock.
    pub appended_at_ms: i64,
    pub key: Bytes,
    /// `None` is a tombstone.
    pub value: Option<Bytes>,
    pub headers: Headers,
}

impl Record {
    /// Returns the bytes of key, value and headers.
    pub fn size_bytes(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, Bytes::len) + self.headers.size_bytes()
    }
}
