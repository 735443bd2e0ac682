//! Ids of threads, messages and users.

use std::fmt;
use std::sync::Arc;

use uuid::{Builder, Uuid};

use crate::position::Position;
use crate::text::{Invalid, check_id};
use crate::{Timestamp, limits};

/// Namespace of thread ids that are derived from what the thread is for.
const THREADS: Uuid = Uuid::from_u128(0x7b3c_5b0e_0f0a_5a51_9a44_7e1d_0c1f_2a60);

/// Namespace of message ids that are derived from a record of the log.
const CAUSED: Uuid = Uuid::from_u128(0x1f6e_0d53_9a7c_5e0b_b2c4_60d8_71af_3e95);

/// The prefix of a service's written form, which no user id has.
pub(crate) const SERVICE_PREFIX: &str = "service:";

/// Makes a `UUIDv7` of this millisecond with the first bytes of a hash.
pub(crate) fn v7(millis: u64, hash: Uuid) -> Uuid {
    let mut random = [0; 10];
    random.copy_from_slice(&hash.as_bytes()[..10]);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// A thread's id. Random (UUIDv7) for groups and channels; derived where only one thread may exist: [`ThreadId::of_dm`]
/// and [`ThreadId::of_key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub Uuid);

impl ThreadId {
    /// No thread, for records that must name one when none is known.
    pub const NIL: Self = Self(Uuid::nil());

    /// Returns the id of the dm of two people, the same whoever starts it: UUIDv5 of the sorted user ids.
    pub fn of_dm(one: &UserId, other: &UserId) -> Self {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        // A user id has no line feed, so no two pairs share a text.
        Self(Uuid::new_v5(&THREADS, format!("dm\n{first}\n{second}").as_bytes()))
    }

    /// Returns the id of the thread with this key, such as `project_305`: UUIDv5 of the key.
    pub fn of_key(key: &str) -> Self {
        Self(Uuid::new_v5(&THREADS, format!("key\n{key}").as_bytes()))
    }

    /// Whether it has the form of ids that [`of_dm`](Self::of_dm) and [`of_key`](Self::of_key) derive.
    pub(crate) fn is_derived(self) -> bool {
        self.0.get_version_num() == 5
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message's id, minted by the client as UUIDv7: the message's idempotency key in its thread, permanently (decision
/// 8). Ordered, roughly by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub Uuid);

impl MessageId {
    /// Returns the id of a message that the system posts because of a record: the same for the same record and step, so
    /// a process that runs twice posts once. Its time is the record's; the rest is a hash of `cause` and `step` (the
    /// index among the messages of this cause).
    pub fn of_cause(cause: Position, at: Timestamp, step: u32) -> Self {
        let hash = Uuid::new_v5(&CAUSED, format!("{cause}\n{step}").as_bytes());
        Self(v7(at.millis().max(0).cast_unsigned(), hash))
    }

    /// Returns the highest id of this millisecond.
    pub fn last_minted_at(at: Timestamp) -> Self {
        let millis = at.millis().clamp(0, (1 << 48) - 1).cast_unsigned();
        Self(Builder::from_unix_timestamp_millis(millis, &[0xff; 10]).into_uuid())
    }

    /// Returns when the id was minted, by its own account, in milliseconds since the epoch; `None` unless it is a
    /// UUIDv7.
    pub fn minted_ms(self) -> Option<i64> {
        (self.0.get_version_num() == 7).then(|| (self.0.as_u128() >> 80) as i64)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user's id from the identity provider: 1 to 128 characters, no white space, no control characters, and not
/// beginning with `service:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Checks an identity provider's user id.
    pub fn new(id: &str) -> Result<Self, Invalid> {
        check_id(id, limits::USER_ID_CHARS_MAX)?;
        if id.starts_with(SERVICE_PREFIX) { Err(Invalid::Reserved) } else { Ok(Self(id.into())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Topic;

    #[test]
    fn an_id_derived_from_a_record_is_a_v7_of_its_time() {
        let cause = Position { topic: Topic::Messages, partition: 3, offset: 12 };
        let id = |cause, step| MessageId::of_cause(cause, Timestamp(1_700_000_000_123), step);
        assert_eq!(id(cause, 0), id(cause, 0));
        assert_eq!(id(cause, 0).minted_ms(), Some(1_700_000_000_123));
        assert_ne!(id(cause, 0), id(cause, 1));
        assert_ne!(id(cause, 0), id(Position { offset: 13, ..cause }, 0));
    }
}
