//! Events of a thread: the `messages` topic.

use threadline_domain::Offset;
use threadline_domain::thread::{Change, Event, MessagePosted, ThreadChanged, ThreadCreated};

use super::command::{get_title, nullable, put_title};
use super::sealed::Nullable;
use super::versions::posting_version;
use super::{DecodeError, Encoded, Output, Record, decode, misplaced};

/// Encodes an event with the offset of the command that caused it.
pub fn encode_event(event: &Event, cause: Offset) -> Encoded {
    let mut out = Output::in_version(record_of(&event.change), version_of(&event.change));
    out.put(&event.thread);
    out.put(&event.seq);
    out.put(&cause);
    out.put(&event.actor);
    out.put(&event.at);
    match &event.change {
        Change::ThreadCreated(created) => {
            out.put(&created.kind);
            out.put(&created.key);
            out.put(&Nullable(created.title.clone()));
            out.put(&created.metadata);
            out.put(&created.members);
        }
        Change::ThreadChanged(changed) => {
            put_title(&mut out, changed.title.as_ref());
            out.put(&Nullable(changed.metadata.clone()));
        }
        Change::ThreadArchived => {}
        Change::MemberAdded { user, role } | Change::MemberRoleChanged { user, role } => {
            out.put(user);
            out.put(role);
        }
        Change::MemberRemoved { user } => out.put(user),
        Change::MessagePosted(posted) => {
            out.put(&posted.message);
            out.put(&posted.number);
            out.put(&posted.kind);
            out.put(&posted.content);
            out.put(&posted.metadata);
            out.put(&posted.reply_to);
            #[cfg(feature = "fixture-newer")]
            super::fixture_newer::put_note(&mut out, posted.kind);
        }
        Change::MessageEdited { message, number, content, metadata } => {
            out.put(message);
            out.put(number);
            out.put(content);
            out.put(&Nullable(metadata.clone()));
        }
        Change::MessageDeleted { message, number } => {
            out.put(message);
            out.put(number);
        }
    }
    out.done()
}

/// Reads an event and the offset of the command that caused it.
pub fn decode_event(value: &[u8]) -> Result<(Event, Offset), DecodeError> {
    decode(value, |record, input| {
        let (thread, seq, cause) = (input.field("thread")?, input.field("seq")?, input.field("cause")?);
        let (actor, at) = (input.field("actor")?, input.field("at")?);
        let change = match record {
            Record::ThreadCreated => Change::ThreadCreated(ThreadCreated {
                kind: input.field("kind")?,
                key: input.field("key")?,
                title: nullable(input, "title")?,
                metadata: input.field("metadata")?,
                members: input.field("members")?,
            }),
            Record::ThreadChanged => Change::ThreadChanged(ThreadChanged {
                title: get_title(input)?,
                metadata: nullable(input, "metadata")?,
            }),
            Record::ThreadArchived => Change::ThreadArchived,
            Record::MemberAdded => Change::MemberAdded { user: input.field("user")?, role: input.field("role")? },
            Record::MemberRemoved => Change::MemberRemoved { user: input.field("user")? },
            Record::MemberRoleChanged => {
                Change::MemberRoleChanged { user: input.field("user")?, role: input.field("role")? }
            }
            Record::MessagePosted => {
                let posted = MessagePosted {
                    message: input.field("message")?,
                    number: input.field("number")?,
                    kind: input.field("kind")?,
                    content: input.field("content")?,
                    metadata: input.field("metadata")?,
                    reply_to: input.field("reply_to")?,
                };
                #[cfg(feature = "fixture-newer")]
                super::fixture_newer::get_note(input)?;
                Change::MessagePosted(posted)
            }
            Record::MessageEdited => Change::MessageEdited {
                message: input.field("message")?,
                number: input.field("number")?,
                content: input.field("content")?,
                metadata: nullable(input, "metadata")?,
            },
            Record::MessageDeleted => {
                Change::MessageDeleted { message: input.field("message")?, number: input.field("number")? }
            }
            _ => return Err(misplaced("an event of a thread")),
        };
        Ok((Event { thread, seq, actor, at, change }, cause))
    })
}

/// Returns the oldest version of the event's record that holds it.
const fn version_of(change: &Change) -> u32 {
    if let Change::MessagePosted(posted) = change { posting_version(posted.kind) } else { 1 }
}

const fn record_of(change: &Change) -> Record {
    match change {
        Change::ThreadCreated(_) => Record::ThreadCreated,
        Change::ThreadChanged(_) => Record::ThreadChanged,
        Change::ThreadArchived => Record::ThreadArchived,
        Change::MemberAdded { .. } => Record::MemberAdded,
        Change::MemberRemoved { .. } => Record::MemberRemoved,
        Change::MemberRoleChanged { .. } => Record::MemberRoleChanged,
        Change::MessagePosted(_) => Record::MessagePosted,
        Change::MessageEdited { .. } => Record::MessageEdited,
        Change::MessageDeleted { .. } => Record::MessageDeleted,
    }
}
