//! What readers of conversations get, in the domain's own types.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::thread::{Kind, MessageKind, Role, TextParts};
use threadline_domain::{Actor, MessageId, Metadata, Offset, Partition, Position, Text, ThreadId, Timestamp, UserId};

use crate::Progress;

/// A user as shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    pub user: UserId,
    /// The name as last seen, if any token with a name was seen; sealed by the user.
    pub name: Option<Text>,
    pub role: Role,
    /// The number of the thread's last message when the user joined; 0 for those who made the thread.
    pub joined_number: u64,
    /// The number of the last message that the user has read; 0 before the first. Messages from before the user joined
    /// do not count as read.
    pub read_number: u64,
    /// When that mark was set.
    pub read_at: Option<Timestamp>,
}

/// A user who has signed in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserView {
    /// The user's id.
    pub user: UserId,
    /// The name as last seen, if any token with a name was seen; sealed by the user.
    pub name: Option<Text>,
}

/// A thread as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadView {
    pub id: ThreadId,
    pub kind: Kind,
    /// What it is for.
    pub key: Option<Arc<str>>,
    pub title: Option<Text>,
    /// Who sealed the title: the actor who set it last.
    pub title_by: Option<Actor>,
    /// The product's own data.
    pub metadata: Metadata,
    /// Who sealed the metadata.
    pub metadata_by: Actor,
    /// Its members, by user id. In lists only the first few (see `member_count`).
    pub members: Vec<MemberView>,
    /// How many members it has.
    pub member_count: u64,
    /// The seq of its last event.
    pub last_seq: u64,
    /// The number of its last message.
    pub last_number: u64,
    /// Its last message, tombstones included.
    pub last_message: Option<MessageView>,
    /// Messages that the viewer has not read since joining, except deleted ones.
    pub unread: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was closed.
    pub archived_at: Option<Timestamp>,
    /// When anything last happened in it: what lists are sorted by.
    pub active_at: Timestamp,
}

/// A message as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    pub id: MessageId,
    pub thread: ThreadId,
    /// The seq of its posting.
    pub seq: u64,
    pub number: u64,
    /// Who posted it, and sealed what stands in it.
    pub sender: Actor,
    pub kind: MessageKind,
    /// The text now; empty when deleted.
    pub content: Text,
    /// The product's own data now; empty when deleted.
    pub metadata: Metadata,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// When it was posted.
    pub sent_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    pub deleted_by: Option<Actor>,
}

/// Which messages of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Newest,
    /// The newest below this number.
    Before(u64),
    /// The oldest above this number.
    After(u64),
    /// Half from this number down, half above it.
    Around(u64),
}

/// Where a list of threads goes on: after the thread with this activity and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadsCursor {
    pub active_at: Timestamp,
    pub thread: ThreadId,
}

/// How far a member has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub user: UserId,
    /// The number of the thread's last message when the user joined.
    pub joined_number: u64,
    /// Up to which number; 0 before the first.
    pub number: u64,
    /// When that mark was set.
    pub at: Option<Timestamp>,
}

/// How far a member has read, of how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadState {
    /// Up to which number; 0 before the first. Never above `last_number`.
    pub number: u64,
    /// The number of the thread's last message.
    pub last_number: u64,
}

/// Four bytes in the middle of a UUIDv7, after its time: version, variant, and 26 bits that tell who minted it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdMark(pub [u8; 4]);

/// A thread that somebody imports into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingThread {
    /// What sort.
    pub kind: Kind,
    /// The number of its last message.
    pub last_number: u64,
    /// The latest time of a message.
    pub newest_sent_at: Option<Timestamp>,
    /// How many messages have ids without the importer's mark: others wrote them.
    pub foreign_messages: u64,
    /// Who is in it.
    pub members: BTreeMap<UserId, ExistingMember>,
    /// The values of its events that concern no message, as they lie in the log, in order; those that cannot be read too.
    pub changes: Vec<Bytes>,
}

/// A member of such a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExistingMember {
    /// As what.
    pub role: Role,
    /// The number of the last message read; 0 before the first.
    pub read_number: u64,
    /// How much the member has not read.
    pub unread: u64,
}

/// An event in a thread's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    pub thread: ThreadId,
    pub seq: u64,
    /// Where it lies in the log.
    pub position: Position,
    /// The parts of the value's text that a later event replaced or deleted. Readers must not get them.
    pub withheld: TextParts,
    /// The record's value as it lies in the log.
    pub value: Bytes,
}

/// A user's membership in a thread, past ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub thread: ThreadId,
    /// The `messages` partition it lives in.
    pub partition: Partition,
    /// The role; `None` when the user was removed.
    pub role: Option<Role>,
    /// The seq of the event with which the user joined (the last time).
    pub joined_seq: u64,
    /// The offset of the event that removed the user, when removed.
    pub removed_offset: Option<Offset>,
    /// The seq of the thread's last event.
    pub last_seq: u64,
    /// The number of the thread's last message.
    pub last_number: u64,
}

/// All memberships of a user, and the projection's progress when they were read.
#[derive(Clone, Debug, Default)]
pub struct Memberships {
    /// The memberships; current ones, and those removed at or after the position asked for.
    pub threads: Vec<Membership>,
    /// Progress on `messages`, each partition, in the same snapshot.
    pub progress: BTreeMap<Partition, Progress>,
}

/// What a resuming client missed, from the timeline.
#[derive(Clone, Debug, Default)]
pub struct Missed {
    /// The events, by partition and offset.
    pub rows: Vec<TimelineRow>,
    /// Threads of which more was missed than the limits allow; none of their events are in `rows`.
    pub too_many: Vec<ThreadId>,
}
