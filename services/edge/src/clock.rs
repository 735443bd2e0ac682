//! Time and identity, drawn here once and carried in commands from here on.

use std::time::{SystemTime, UNIX_EPOCH};

use threadline_domain::{MessageId, ThreadId, Timestamp};
use uuid::Uuid;

/// The wall clock's time.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A message id for a client that minted none.
pub fn mint_message() -> MessageId {
    MessageId(Uuid::now_v7())
}

/// A thread id for a thread that is not derived from what it is for.
pub fn mint_thread() -> ThreadId {
    ThreadId(Uuid::now_v7())
}

/// A name for an edge that no other edge has.
pub fn mint_edge() -> String {
    Uuid::now_v7().simple().to_string()
}
