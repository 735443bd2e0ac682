//! Threads, their members, and how far they have read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use threadline_domain::thread::{self, Kind};
use threadline_domain::{Metadata, ThreadId};
use utoipa::ToSchema;

use super::{Message, Time, object, text};

/// What sort of conversation a thread is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "described in the domain")]
pub enum ThreadKind {
    Dm,
    Group,
    Channel,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "described in the domain")]
pub enum Role {
    Owner,
    Admin,
    Member,
}

/// A thread as one of its members sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Thread<'a> {
    #[serde(serialize_with = "text")]
    #[schema(value_type = uuid::Uuid)]
    pub id: ThreadId,
    #[serde(serialize_with = "text")]
    #[schema(value_type = ThreadKind)]
    pub kind: Kind,
    /// What it is for, such as `project_305`.
    #[schema(required)]
    pub key: Option<&'a str>,
    #[schema(required)]
    pub title: Option<&'a str>,
    /// The product's own data.
    #[serde(serialize_with = "object")]
    #[schema(value_type = Object)]
    pub metadata: &'a Metadata,
    /// Its members, by user id; in lists only the first few.
    pub members: Vec<Member<'a>>,
    /// How many members it has.
    pub member_count: u64,
    /// The seq of its last event.
    pub last_seq: u64,
    /// The number of its last message.
    pub last_number: u64,
    /// Its last message, tombstones included.
    #[schema(required)]
    pub last_message: Option<Message<'a>>,
    /// Messages the viewer has not read, deleted ones not counted.
    pub unread: u64,
    /// When it was made.
    pub created_at: Time,
    /// When it was archived.
    #[schema(required)]
    pub archived_at: Option<Time>,
}

/// A member of a thread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Member<'a> {
    pub user: &'a str,
    /// The display name as last seen.
    #[schema(required)]
    pub name: Option<&'a str>,
    #[serde(serialize_with = "text")]
    #[schema(value_type = Role)]
    pub role: thread::Role,
    /// The number of the thread's last message when this member joined; 0 for those who were there from the start.
    pub joined_number: u64,
    /// The number of the last message read; 0 before the first. Whoever joined later has seen none of the messages up to
    /// `joined_number`.
    pub read_number: u64,
}

/// A user who has signed in here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The display name as last seen; null if no token had one.
    #[schema(required)]
    pub name: Option<&'a str>,
}

/// How far a member has read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Receipt<'a> {
    pub user: &'a str,
    /// The number of the thread's last message when this member joined: messages up to it were not seen.
    pub joined_number: u64,
    /// Up to which number; 0 before the first.
    pub number: u64,
    /// When that mark was set.
    #[schema(required)]
    pub at: Option<Time>,
}

/// How much a user has not read.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Unread {
    /// In all threads.
    pub total: u64,
    /// By thread; threads with nothing unread are left out.
    #[serde(serialize_with = "by_thread")]
    #[schema(value_type = BTreeMap<String, u64>)]
    pub threads: BTreeMap<ThreadId, u64>,
}

impl FromIterator<(ThreadId, u64)> for Unread {
    fn from_iter<I: IntoIterator<Item = (ThreadId, u64)>>(counts: I) -> Self {
        let threads: BTreeMap<_, _> = counts.into_iter().collect();
        Self { total: threads.values().sum(), threads }
    }
}

fn by_thread<S: Serializer>(threads: &BTreeMap<ThreadId, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(threads.iter().map(|(thread, count)| (thread.to_string(), count)))
}
