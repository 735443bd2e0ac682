//! Identifiers.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::limits;
use crate::text::Invalid;

/// Namespace of thread ids that are derived from what the thread is for.
const THREADS: Uuid = Uuid::from_u128(0x7b3c_5b0e_0f0a_5a51_9a44_7e1d_0c1f_2a60);

/// A thread. Random (UUIDv7) for groups and channels; derived for what must exist once:
/// [`ThreadId::of_dm`] and [`ThreadId::of_key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub Uuid);

impl ThreadId {
    /// The one dm of two people, whoever starts it: UUIDv5 of the sorted user ids.
    pub fn of_dm(one: &UserId, other: &UserId) -> Self {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        // A line feed cannot stand in a user id, so no two pairs share a text.
        Self(Uuid::new_v5(&THREADS, format!("dm\n{first}\n{second}").as_bytes()))
    }

    /// The one thread with this key, such as `project_305`: UUIDv5 of the key.
    pub fn of_key(key: &str) -> Self {
        Self(Uuid::new_v5(&THREADS, format!("key\n{key}").as_bytes()))
    }

    /// Whether it has the form of the ids that [`of_dm`](Self::of_dm) and [`of_key`](Self::of_key) derive.
    pub(crate) fn is_derived(self) -> bool {
        self.0.get_version_num() == 5
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message within its thread, minted by the client as UUIDv7: the message's idempotency key for ever.
/// Ids are ordered, roughly by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub Uuid);

impl MessageId {
    /// When the id says it was minted, milliseconds since the epoch; `None` unless it is a UUIDv7.
    pub fn minted_ms(self) -> Option<i64> {
        (self.0.get_version_num() == 7).then(|| (self.0.as_u128() >> 80) as i64)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user, named by the identity provider: 1 to 128 characters, no white space, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Takes an identity provider's user id.
    pub fn new(id: &str) -> Result<Self, Invalid> {
        if id.is_empty() {
            return Err(Invalid::Empty);
        }
        if id.chars().count() > limits::USER_ID_CHARS_MAX {
            return Err(Invalid::TooLong { chars_max: limits::USER_ID_CHARS_MAX });
        }
        if id.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Invalid::Character);
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
