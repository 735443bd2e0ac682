//! Appends facts that need no decision: read marks, and names of users. Edges and tools append them alike.

use threadline_domain::{ReadMark, UserProfile};

use crate::{Appending, EventLog, Topic, codec};

/// Appends a read mark. Its topic keeps the last mark of a thread and user, and the greatest counts: append no mark that is
/// not above the one that is known.
pub fn append_read_mark(log: &dyn EventLog, mark: &ReadMark) -> Appending {
    log.append(Topic::Reads, codec::read_mark_record(mark))
}

/// Appends a user's name, which must be sealed where the log is.
pub fn append_user(log: &dyn EventLog, profile: &UserProfile) -> Appending {
    log.append(Topic::Users, codec::user_record(profile))
}
