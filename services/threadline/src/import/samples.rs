//! Records for the unit tests.

use threadline_domain::thread::Role;
use threadline_domain::{Timestamp, UserId};

use super::records::{MemberRecord, OldId};

/// A user of this id.
pub(super) fn user(id: &str) -> UserId {
    UserId::new(id).expect("a user")
}

/// A member of the thread 7, with times in milliseconds.
pub(super) fn member(id: &str, role: Option<Role>, joined_ms: Option<i64>, left_ms: Option<i64>) -> MemberRecord {
    let (joined_at, left_at) = (joined_ms.map(Timestamp), left_ms.map(Timestamp));
    MemberRecord { thread: OldId("7".into()), user: user(id), role, joined_at, left_at }
}
