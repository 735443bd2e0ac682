//! Values of every type: one of each that never changes, and any at all.

use bytes::Bytes;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use threadline_domain::thread::{
    Action, Change, ChangeThread, Command, CreateThread, EditMessage, Event, Kind, Member, MessageKind, MessagePosted,
    Outcome, PostMessage, Rejection, Role, ThreadChanged, ThreadCreated,
};
use threadline_domain::{
    Actor, Invalid, MessageId, Metadata, Position, ReadMark, Sealed, ServiceId, Text, ThreadId, Timestamp, Topic,
    UserId, UserProfile,
};
use threadline_wire::avro::{
    CommandReply, DeadLetter, DecodeError, Encoded, Refusal, decode_command, decode_dead_letter, decode_event,
    decode_read_mark, decode_refusal, decode_signal, decode_user, encode_command, encode_dead_letter, encode_event,
    encode_read_mark, encode_refusal, encode_signal, encode_user,
};
use threadline_wire::{PresenceStatus, Signal};
use uuid::Uuid;

/// A value of any topic.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sample {
    Event(Event, u64),
    Command(Command),
    Refusal(Refusal),
    ReadMark(ReadMark),
    User(UserProfile),
    Signal(Signal),
    DeadLetter(DeadLetter),
}

impl Sample {
    pub(crate) fn encode(&self) -> Encoded {
        match self {
            Self::Event(event, cause) => encode_event(event, *cause),
            Self::Command(command) => encode_command(command),
            Self::Refusal(refusal) => encode_refusal(refusal),
            Self::ReadMark(mark) => encode_read_mark(mark),
            Self::User(user) => encode_user(user),
            Self::Signal(signal) => encode_signal(signal),
            Self::DeadLetter(letter) => encode_dead_letter(letter),
        }
    }

    /// Reads a value as one of the same topic as this.
    pub(crate) fn decode(&self, value: &[u8]) -> Result<Self, DecodeError> {
        Ok(match self {
            Self::Event(..) => decode_event(value).map(|(event, cause)| Self::Event(event, cause))?,
            Self::Command(_) => Self::Command(decode_command(value)?),
            Self::Refusal(_) => Self::Refusal(decode_refusal(value)?),
            Self::ReadMark(_) => Self::ReadMark(decode_read_mark(value)?),
            Self::User(_) => Self::User(decode_user(value)?),
            Self::Signal(_) => Self::Signal(decode_signal(value)?),
            Self::DeadLetter(_) => Self::DeadLetter(decode_dead_letter(value)?),
        })
    }
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn thread() -> ThreadId {
    ThreadId(Uuid::from_u128(0x1111_2222_3333_5444_8555_6666_7777_8888))
}

pub(crate) fn message(at: u128) -> MessageId {
    MessageId(Uuid::from_u128(0x019c_1111_2222_7333_8444_5555_6666_0000 + at))
}

pub(crate) fn metadata() -> Metadata {
    Metadata::from_canonical_json(r#"{"order":305,"tags":["a","ü"]}"#)
}

fn sealed() -> Sealed {
    Sealed { digest: *b"recognises a txt", bytes: b"ciphertext".as_slice().into() }
}

/// An event that happened to [`thread`].
pub(crate) fn event(seq: u64, change: Change) -> Event {
    Event { thread: thread(), seq, actor: user("ann").into(), at: Timestamp(1_769_860_800_123), change }
}

/// One of every change.
pub(crate) fn changes() -> Vec<Change> {
    let ben = || user("ben");
    vec![
        Change::ThreadCreated(ThreadCreated {
            kind: Kind::Group,
            key: Some("project_305".into()),
            title: None,
            metadata: metadata(),
            members: vec![Member { user: user("ann"), role: Role::Owner }, Member { user: ben(), role: Role::Member }],
        }),
        Change::ThreadChanged(ThreadChanged { title: Some(Some("Kitchen".into())), metadata: None }),
        Change::ThreadChanged(ThreadChanged { title: Some(None), metadata: Some(metadata()) }),
        Change::ThreadArchived,
        Change::MemberAdded { user: ben(), role: Role::Admin },
        Change::MemberRemoved { user: ben() },
        Change::MemberRoleChanged { user: ben(), role: Role::Owner },
        Change::MessagePosted(MessagePosted {
            message: message(1),
            number: 5,
            kind: MessageKind::Text,
            content: "Grüße, \"Ben\"\n👋".into(),
            metadata: metadata(),
            reply_to: Some(message(0)),
        }),
        Change::MessageEdited { message: message(1), number: 5, content: "Hello".into(), metadata: None },
        Change::MessageEdited {
            message: message(1),
            number: 5,
            content: Text::Sealed(sealed()),
            metadata: Some(Metadata::Sealed(sealed())),
        },
        Change::MessageDeleted { message: message(1), number: 5 },
    ]
}

/// One of every record, never to change.
pub(crate) fn all() -> Vec<Sample> {
    let (ann, ben, at) = (user("ann"), || user("ben"), Timestamp(1_769_860_800_123));
    let mut samples: Vec<_> = changes().into_iter().map(|change| Sample::Event(event(7, change), 42)).collect();
    let actions = [
        Action::Create(CreateThread {
            kind: Kind::Channel,
            key: None,
            title: Some("General".into()),
            metadata: Metadata::default(),
            participants: vec![ben()],
        }),
        Action::Change(ChangeThread { title: None, metadata: Some(metadata()) }),
        Action::Archive,
        Action::AddMember { user: ben(), role: Role::Member },
        Action::RemoveMember { user: ben() },
        Action::ChangeRole { user: ben(), role: Role::Admin },
        Action::Post(PostMessage {
            message: message(1),
            kind: MessageKind::JobUpdate,
            content: "Hello".into(),
            metadata: Metadata::default(),
            reply_to: None,
        }),
        Action::Edit(EditMessage { message: message(1), content: "Hi".into(), metadata: Some(metadata()) }),
        Action::Delete { message: message(1) },
    ];
    samples.extend(
        actions.map(|action| Sample::Command(Command { thread: thread(), actor: ann.clone().into(), at, action })),
    );
    let outcome = Outcome { seq: 7, message: Some(message(1)), number: Some(5), at };
    let replies = [
        CommandReply::AlreadyApplied(outcome),
        CommandReply::Rejected(Rejection::Forbidden),
        CommandReply::Rejected(Rejection::Invalid {
            field: "message.content",
            reason: Invalid::TooLong { chars_max: 10_000 },
        }),
        CommandReply::Unavailable { reason: "the views are unavailable".into() },
    ];
    samples.extend(replies.map(|reply| Sample::Refusal(Refusal { id: thread(), reply })));
    samples.extend([
        Sample::ReadMark(ReadMark { thread: thread(), user: ann.clone(), number: 5, at }),
        Sample::User(UserProfile { user: ann.clone(), name: Some("Ann".into()), at }),
        Sample::User(UserProfile { user: ann.clone(), name: None, at }),
        Sample::Signal(Signal::Typing { thread: thread(), user: ann.clone(), active: true }),
        Sample::Signal(Signal::Presence {
            edge: "e1".into(),
            user: ann,
            status: PresenceStatus::Active,
            threads: vec![thread()],
        }),
        Sample::Signal(Signal::EdgeAlive { edge: "e1".into(), started: true }),
        Sample::DeadLetter(DeadLetter {
            position: Position { topic: Topic::Messages, partition: 3, offset: 1_234 },
            reason: "no schema has the id 99".into(),
            key: Bytes::from_static(b"key"),
            value: Some(Bytes::from_static(&[0, 0, 0, 0, 99])),
        }),
    ]);
    samples
}

prop_compose! {
    fn any_user()(id in "[a-zA-Z0-9@._é-]{1,20}") -> UserId { user(&id) }
}

fn any_metadata() -> impl Strategy<Value = Metadata> {
    let open = prop::collection::btree_map(".{0,8}", any::<Option<i32>>(), 0..4)
        .prop_map(|map| Metadata::from_canonical_json(&serde_json::to_string(&map).unwrap()));
    prop_oneof![3 => open, 1 => any_sealed().prop_map(Metadata::Sealed)]
}

prop_compose! {
    fn any_sealed()(digest in any::<[u8; 16]>(), bytes in vec(any::<u8>(), 0..60)) -> Sealed {
        Sealed { digest, bytes: bytes.into() }
    }
}

fn any_actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        3 => any_user().prop_map(Actor::User),
        1 => "[a-z-]{1,20}".prop_map(|name| Actor::Service(ServiceId::new(&name).unwrap())),
    ]
}

fn any_thread() -> impl Strategy<Value = ThreadId> {
    any::<u128>().prop_map(|id| ThreadId(Uuid::from_u128(id)))
}

fn any_message() -> impl Strategy<Value = MessageId> {
    any::<u128>().prop_map(|id| MessageId(Uuid::from_u128(id)))
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

/// Numbers, seqs and offsets.
fn any_number() -> impl Strategy<Value = u64> {
    any::<u64>().prop_map(|number| number >> 1)
}

fn any_text() -> impl Strategy<Value = Text> {
    prop_oneof![3 => ".{0,40}".prop_map(Text::from), 1 => any_sealed().prop_map(Text::Sealed)]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL)
}

fn any_role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL)
}

fn any_message_kind() -> impl Strategy<Value = MessageKind> {
    prop::sample::select(MessageKind::ALL)
}

prop_compose! {
    fn any_member()(user in any_user(), role in any_role()) -> Member { Member { user, role } }
}

type ThreadParts = (Kind, Option<std::sync::Arc<str>>, Option<Text>, Metadata);

fn thread_parts() -> impl Strategy<Value = ThreadParts> {
    (any_kind(), option::of(".{0,40}".prop_map(Into::into)), option::of(any_text()), any_metadata())
}

fn any_change() -> impl Strategy<Value = Change> {
    let posted =
        (any_message(), any_number(), any_message_kind(), any_text(), any_metadata(), option::of(any_message()));
    prop_oneof![
        (thread_parts(), vec(any_member(), 0..5)).prop_map(|((kind, key, title, metadata), members)| {
            Change::ThreadCreated(ThreadCreated { kind, key, title, metadata, members })
        }),
        (option::of(option::of(any_text())), option::of(any_metadata()))
            .prop_map(|(title, metadata)| Change::ThreadChanged(ThreadChanged { title, metadata })),
        Just(Change::ThreadArchived),
        any_member().prop_map(|Member { user, role }| Change::MemberAdded { user, role }),
        any_user().prop_map(|user| Change::MemberRemoved { user }),
        any_member().prop_map(|Member { user, role }| Change::MemberRoleChanged { user, role }),
        posted.prop_map(|(message, number, kind, content, metadata, reply_to)| {
            Change::MessagePosted(MessagePosted { message, number, kind, content, metadata, reply_to })
        }),
        (any_message(), any_number(), any_text(), option::of(any_metadata())).prop_map(
            |(message, number, content, metadata)| Change::MessageEdited { message, number, content, metadata }
        ),
        (any_message(), any_number()).prop_map(|(message, number)| Change::MessageDeleted { message, number }),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    let post = (any_message(), any_message_kind(), any_text(), any_metadata(), option::of(any_message()));
    prop_oneof![
        (thread_parts(), btree_set(any_user(), 0..5)).prop_map(|((kind, key, title, metadata), users)| {
            Action::Create(CreateThread { kind, key, title, metadata, participants: users.into_iter().collect() })
        }),
        (option::of(option::of(any_text())), option::of(any_metadata()))
            .prop_map(|(title, metadata)| Action::Change(ChangeThread { title, metadata })),
        Just(Action::Archive),
        any_member().prop_map(|Member { user, role }| Action::AddMember { user, role }),
        any_user().prop_map(|user| Action::RemoveMember { user }),
        any_member().prop_map(|Member { user, role }| Action::ChangeRole { user, role }),
        post.prop_map(|(message, kind, content, metadata, reply_to)| {
            Action::Post(PostMessage { message, kind, content, metadata, reply_to })
        }),
        (any_message(), any_text(), option::of(any_metadata()))
            .prop_map(|(message, content, metadata)| Action::Edit(EditMessage { message, content, metadata })),
        any_message().prop_map(|message| Action::Delete { message }),
    ]
}

fn any_invalid() -> impl Strategy<Value = Invalid> {
    (0..100_000_usize).prop_flat_map(|limit| {
        prop::sample::select(vec![
            Invalid::Empty,
            Invalid::TooLong { chars_max: limit },
            Invalid::TooLarge { bytes_max: limit },
            Invalid::TooDeep { depth_max: limit },
            Invalid::TooMany { count_max: limit },
            Invalid::TooFew { count_min: limit },
            Invalid::IdCharacter,
            Invalid::LineCharacter,
            Invalid::Nul,
            Invalid::Repeated,
            Invalid::Value,
            Invalid::MessageId,
            Invalid::NotInThread,
            Invalid::NotInDm,
            Invalid::NotDerived,
            Invalid::Reserved,
        ])
    })
}

/// The fields that the domain's rules name.
const FIELDS: [&str; 9] =
    ["id", "key", "message.content", "message.id", "message.metadata", "metadata", "participants", "title", "user"];

fn any_reply() -> impl Strategy<Value = CommandReply> {
    let outcome = (any_number(), option::of(any_message()), option::of(any_number()), any_time());
    prop_oneof![
        outcome.prop_map(|(seq, message, number, at)| CommandReply::AlreadyApplied(Outcome {
            seq,
            message,
            number,
            at
        })),
        any_rejection().prop_map(CommandReply::Rejected),
        ".{0,20}".prop_map(|reason| CommandReply::Unavailable { reason }),
    ]
}

fn any_rejection() -> impl Strategy<Value = Rejection> {
    prop_oneof![
        prop::sample::select(vec![
            Rejection::UnknownThread,
            Rejection::KeyTaken,
            Rejection::ThreadArchived,
            Rejection::Forbidden,
            Rejection::DmFixed,
            Rejection::UnknownMember,
            Rejection::LastOwner,
            Rejection::UnknownMessage,
            Rejection::MessageDeleted,
            Rejection::MessageConflict,
        ]),
        (prop::sample::select(&FIELDS[..]), any_invalid())
            .prop_map(|(field, reason)| Rejection::Invalid { field, reason }),
    ]
}

/// A value of any topic with anything in it.
pub(crate) fn any_sample() -> impl Strategy<Value = Sample> {
    let bytes = || vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    let position = (prop::sample::select(&Topic::ALL[..]), any::<u32>(), any_number())
        .prop_map(|(topic, partition, offset)| Position { topic, partition: partition >> 1, offset });
    prop_oneof![
        4 => (any_thread(), any_number(), any_actor(), any_time(), any_change(), any_number()).prop_map(
            |(thread, seq, actor, at, change, cause)| Sample::Event(Event { thread, seq, actor, at, change }, cause)
        ),
        4 => (any_thread(), any_actor(), any_time(), any_action())
            .prop_map(|(thread, actor, at, action)| Sample::Command(Command { thread, actor, at, action })),
        2 => (any_thread(), any_reply()).prop_map(|(thread, reply)| Sample::Refusal(Refusal { id: thread, reply })),
        1 => (any_thread(), any_user(), any_number(), any_time())
            .prop_map(|(thread, user, number, at)| Sample::ReadMark(ReadMark { thread, user, number, at })),
        1 => (any_user(), option::of(any_text()), any_time()).prop_map(|(user, name, at)| {
            let name = name.filter(|name| name.as_open() != Some(""));
            Sample::User(UserProfile { user, name, at })
        }),
        1 => (any_thread(), any_user(), any::<bool>())
            .prop_map(|(thread, user, active)| Sample::Signal(Signal::Typing { thread, user, active })),
        1 => (".{0,8}", any_user(), prop::sample::select(&PresenceStatus::ALL[..]), vec(any_thread(), 0..5)).prop_map(
            |(edge, user, status, threads)| Sample::Signal(Signal::Presence { edge, user, status, threads })
        ),
        1 => (".{0,8}", any::<bool>())
            .prop_map(|(edge, started)| Sample::Signal(Signal::EdgeAlive { edge, started })),
        1 => (position, ".{0,20}", bytes(), option::of(bytes())).prop_map(|(position, reason, key, value)| {
            Sample::DeadLetter(DeadLetter { position, reason, key, value })
        }),
    ]
}
