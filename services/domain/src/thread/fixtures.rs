//! Fixtures of the commands' tests.

use uuid::Builder;

use crate::thread::{
    Action, Change, Command, CreateThread, Event, Kind, MessageKind, NoEvent, PostMessage, Rejection, Role, Thread,
};
use crate::{Aggregate, Decision, Invalid, MessageId, Metadata, ThreadId, Timestamp, UserId};

/// When everything in these tests begins, milliseconds since the epoch.
pub(super) const START_MS: i64 = 1_700_000_000_000;

pub(super) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(super) fn metadata(json: &str) -> Metadata {
    Metadata::from_canonical_json(json)
}

/// Returns the `n`th message id of these tests; they rise.
pub(super) fn message_id(n: u16) -> MessageId {
    message_id_at(START_MS, n)
}

pub(super) fn message_id_at(minted_ms: i64, n: u16) -> MessageId {
    let [high, low] = n.to_be_bytes();
    let random = [0, 0, 0, high, low, 0, 0, 0, 0, 0];
    MessageId(Builder::from_unix_timestamp_millis(minted_ms as u64, &random).into_uuid())
}

pub(super) fn post(message: MessageId, content: &str) -> PostMessage {
    PostMessage {
        message,
        kind: MessageKind::Text,
        content: content.into(),
        metadata: Metadata::default(),
        reply_to: None,
    }
}

pub(super) fn create(kind: Kind, participants: &[&str]) -> CreateThread {
    CreateThread {
        kind,
        key: None,
        title: None,
        metadata: Metadata::default(),
        participants: participants.iter().map(|id| user(id)).collect(),
    }
}

pub(super) fn invalid<T>(field: &'static str, reason: Invalid) -> Result<T, NoEvent> {
    Err(Rejection::Invalid { field, reason }.into())
}

/// A thread and what was asked of it so far; each command comes a second after the one before.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) thread: Thread,
    pub(super) id: ThreadId,
    pub(super) now: Timestamp,
}

impl Story {
    /// Before the creation of a thread.
    pub(super) fn untold(id: ThreadId) -> Self {
        Self { thread: Thread::default(), id, now: Timestamp(START_MS) }
    }

    /// A group of its owner `ann`, the admin `bob`, and the member `cid`; its last seq is 2.
    pub(super) fn group() -> Self {
        let mut story = Self::untold(ThreadId(message_id(0).0));
        story.ask("ann", Action::Create(create(Kind::Group, &["bob", "cid"]))).unwrap();
        story.ask("ann", Action::ChangeRole { user: user("bob"), role: Role::Admin }).unwrap();
        story
    }

    /// The dm of `ann` and `bob`; its last seq is 1.
    pub(super) fn dm() -> Self {
        let mut story = Self::untold(ThreadId::of_dm(&user("ann"), &user("bob")));
        story.ask("ann", Action::Create(create(Kind::Dm, &["bob"]))).unwrap();
        story
    }

    /// A group with a key in which `ann` is alone; its last seq is 1.
    pub(super) fn keyed() -> Self {
        let key: std::sync::Arc<str> = "project_305".into();
        let mut story = Self::untold(ThreadId::of_key(&key));
        story.ask("ann", Action::Create(CreateThread { key: Some(key), ..create(Kind::Group, &[]) })).unwrap();
        story
    }

    /// The group after `ann` archived it.
    pub(super) fn archived() -> Self {
        let mut story = Self::group();
        story.ask("ann", Action::Archive).unwrap();
        story
    }

    /// Decides and evolves.
    pub(super) fn ask(&mut self, actor: &str, action: Action) -> Result<Event, NoEvent> {
        self.now.0 += 1_000;
        let command = Command { thread: self.id, actor: actor.parse().unwrap(), at: self.now, action };
        let event = match Thread::decide(&self.thread, &command) {
            Decision::Event(event) => event,
            Decision::NoChange(outcome) => return Err(NoEvent::AlreadyApplied(outcome)),
            Decision::Rejected(rejection) => return Err(NoEvent::Rejected(rejection)),
        };
        assert_eq!(
            (event.thread, event.seq, &event.actor, event.at),
            (self.id, self.thread.last_seq + 1, &command.actor, self.now)
        );
        Thread::evolve(&mut self.thread, &event);
        assert_eq!(self.thread.last_seq, event.seq);
        Ok(event)
    }

    /// [`ask`](Self::ask), for what happened only.
    pub(super) fn change(&mut self, actor: &str, action: Action) -> Result<Change, NoEvent> {
        self.ask(actor, action).map(|event| event.change)
    }
}
