//! What a session brings when it joins, and what it receives.

use std::sync::Arc;

use threadline_domain::{Partition, ThreadId, Topic, UserId};
use threadline_wire::Offsets;

use crate::entry::Entry;
use crate::published::ThreadState;
use crate::user::LocalUser;

/// A user's membership in a thread, as the projection has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinMembership {
    pub thread: ThreadId,
    /// The partition of `messages` that the thread lives in.
    pub partition: Partition,
    /// Whether the user is a member at the snapshot. Memberships that ended after the client's cursor count too.
    pub is_member: bool,
    /// The thread at the snapshot.
    pub state: ThreadState,
}

/// A session that is to join.
#[derive(Debug)]
pub struct Join<'a, S> {
    /// The session's user.
    pub user: &'a UserId,
    pub session: Arc<S>,
    /// The user's memberships at `snapshot`.
    pub memberships: &'a [JoinMembership],
    /// The offsets of the membership snapshot.
    pub snapshot: &'a Offsets,
    /// The client has every event below these offsets; a topic that is missing counts from the snapshot.
    pub from: &'a Offsets,
}

/// A session that has joined.
#[derive(Debug)]
pub struct Joined<S> {
    /// The session's user, for [`crate::Hub::leave`].
    pub user: Arc<LocalUser<S>>,
    /// The offsets at which live events begin.
    pub at: Offsets,
    /// Events that the client may have missed, in the order of each partition. [`crate::visible()`] says which of them the
    /// user may see.
    pub missed: Vec<Arc<Entry>>,
    /// Partitions whose ring no longer reaches back to `from`. Their events from `from` to the snapshot must be read
    /// from the projection.
    pub uncovered: Vec<(Topic, Partition)>,
}

/// Why a session has not joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJoined {
    /// The user has as many sessions as allowed.
    TooManySessions,
    /// The hub has not reached the snapshot or the client's cursor, or the snapshot is older than a ring.
    Behind,
    /// The hub takes no more sessions.
    Closed,
}
