//! The records of the format: what a line says, once its values are known to be good.

use std::fmt;
use std::sync::Arc;

use threadline_domain::thread::{Kind, MessageKind, Role};
use threadline_domain::{Actor, Metadata, Timestamp, UserId};

/// What the old system calls a thread or a message: a text, or a number written as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct OldId(pub(super) Arc<str>);

impl fmt::Display for OldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A thread's index among those of the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ThreadIndex(pub(super) usize);

/// How a line names a thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ThreadName {
    /// By its old id: a record of type `thread` says what it is.
    Id(OldId),
    /// By its key, prefix included, in a line without `type`.
    Key(Arc<str>),
}

impl fmt::Display for ThreadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Thread(ThreadRecord),
    Member(MemberRecord),
    Message(MessageRecord),
    Read(ReadRecord),
    User(UserRecord),
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ThreadRecord {
    pub(super) id: OldId,
    pub(super) kind: Kind,
    /// Prefix included.
    pub(super) key: Option<Arc<str>>,
    pub(super) title: Option<Arc<str>>,
    pub(super) metadata: Metadata,
    pub(super) created_at: Option<Timestamp>,
    pub(super) created_by: Option<UserId>,
}

/// Somebody's membership in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberRecord {
    pub(super) thread: OldId,
    pub(super) user: UserId,
    pub(super) role: Option<Role>,
    pub(super) joined_at: Option<Timestamp>,
    pub(super) left_at: Option<Timestamp>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageRecord {
    pub(super) thread: ThreadName,
    /// None in a line without `type`.
    pub(super) id: Option<OldId>,
    pub(super) sender: Actor,
    pub(super) sent_at: Timestamp,
    pub(super) kind: MessageKind,
    pub(super) reply_to: Option<OldId>,
    pub(super) body: Body,
}

/// What stands in a message now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// What somebody typed.
    Typed { content: Arc<str>, metadata: Metadata, edited_at: Option<Timestamp> },
    /// Nothing: it was deleted. Its text was not even read.
    Deleted { at: Timestamp, by: Option<Actor> },
}

/// How far somebody has read a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadRecord {
    pub(super) thread: OldId,
    pub(super) user: UserId,
    pub(super) message: OldId,
    pub(super) at: Option<Timestamp>,
}

/// A user's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserRecord {
    pub(super) id: UserId,
    pub(super) name: Arc<str>,
}
