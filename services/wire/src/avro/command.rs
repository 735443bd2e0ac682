//! Commands for a thread: the `messages.commands` topic.

use threadline_domain::Text;
use threadline_domain::thread::{Action, ChangeThread, Command, CreateThread, EditMessage, PostMessage};

use super::sealed::{Nullable, Sealable};
use super::versions::posting_version;
use super::{DecodeError, Encoded, Input, Output, Record, decode, misplaced};

/// Encodes a command.
pub fn encode_command(command: &Command) -> Encoded {
    let mut out = Output::in_version(record_of(&command.action), version_of(&command.action));
    out.put(&command.thread);
    out.put(&command.actor);
    out.put(&command.at);
    match &command.action {
        Action::Create(create) => {
            out.put(&create.kind);
            out.put(&create.key);
            out.put(&Nullable(create.title.clone()));
            out.put(&create.metadata);
            out.put(&create.participants);
        }
        Action::Change(change) => {
            put_title(&mut out, change.title.as_ref());
            out.put(&Nullable(change.metadata.clone()));
        }
        Action::Archive => {}
        Action::AddMember { user, role } | Action::ChangeRole { user, role } => {
            out.put(user);
            out.put(role);
        }
        Action::RemoveMember { user } => out.put(user),
        Action::Post(post) => {
            out.put(&post.message);
            out.put(&post.kind);
            out.put(&post.content);
            out.put(&post.metadata);
            out.put(&post.reply_to);
            #[cfg(feature = "fixture-newer")]
            super::fixture_newer::put_note(&mut out, post.kind);
        }
        Action::Edit(edit) => {
            out.put(&edit.message);
            out.put(&edit.content);
            out.put(&Nullable(edit.metadata.clone()));
        }
        Action::Delete { message } => out.put(message),
    }
    out.done()
}

/// Reads a command.
pub fn decode_command(value: &[u8]) -> Result<Command, DecodeError> {
    decode(value, |record, input| {
        let (thread, actor, at) = (input.field("thread")?, input.field("actor")?, input.field("at")?);
        let action = match record {
            Record::CreateThread => Action::Create(CreateThread {
                kind: input.field("kind")?,
                key: input.field("key")?,
                title: nullable(input, "title")?,
                metadata: input.field("metadata")?,
                participants: input.field("participants")?,
            }),
            Record::ChangeThread => {
                Action::Change(ChangeThread { title: get_title(input)?, metadata: nullable(input, "metadata")? })
            }
            Record::ArchiveThread => Action::Archive,
            Record::AddMember => Action::AddMember { user: input.field("user")?, role: input.field("role")? },
            Record::RemoveMember => Action::RemoveMember { user: input.field("user")? },
            Record::ChangeRole => Action::ChangeRole { user: input.field("user")?, role: input.field("role")? },
            Record::PostMessage => {
                let post = PostMessage {
                    message: input.field("message")?,
                    kind: input.field("kind")?,
                    content: input.field("content")?,
                    metadata: input.field("metadata")?,
                    reply_to: input.field("reply_to")?,
                };
                #[cfg(feature = "fixture-newer")]
                super::fixture_newer::get_note(input)?;
                Action::Post(post)
            }
            Record::EditMessage => Action::Edit(EditMessage {
                message: input.field("message")?,
                content: input.field("content")?,
                metadata: nullable(input, "metadata")?,
            }),
            Record::DeleteMessage => Action::Delete { message: input.field("message")? },
            _ => return Err(misplaced("a command for a thread")),
        };
        Ok(Command { thread, actor, at, action })
    })
}

/// Writes a title that may stay, change or be removed: Avro's unions do not nest, so a boolean says whether it changes.
pub(super) fn put_title(out: &mut Output, title: Option<&Option<Text>>) {
    out.put(&title.is_some());
    out.put(&Nullable(title.cloned().flatten()));
}

/// Reads what [`put_title`] writes.
#[allow(clippy::option_option, reason = "stays, goes, or is another one")]
pub(super) fn get_title(input: &mut Input<'_>) -> Result<Option<Option<Text>>, DecodeError> {
    let changed: bool = input.field("title_changed")?;
    let title: Option<Text> = nullable(input, "title")?;
    if title.is_some() && !changed {
        return Err(DecodeError::Corrupt("title: is there although it did not change".into()));
    }
    Ok(changed.then_some(title))
}

/// Reads a text that may be missing.
pub(super) fn nullable<T: Sealable>(input: &mut Input<'_>, name: &str) -> Result<Option<T>, DecodeError> {
    input.field(name).map(|Nullable(text)| text)
}

/// Returns the oldest version of the command's record that holds it.
const fn version_of(action: &Action) -> u32 {
    if let Action::Post(post) = action { posting_version(post.kind) } else { 1 }
}

const fn record_of(action: &Action) -> Record {
    match action {
        Action::Create(_) => Record::CreateThread,
        Action::Change(_) => Record::ChangeThread,
        Action::Archive => Record::ArchiveThread,
        Action::AddMember { .. } => Record::AddMember,
        Action::RemoveMember { .. } => Record::RemoveMember,
        Action::ChangeRole { .. } => Record::ChangeRole,
        Action::Post(_) => Record::PostMessage,
        Action::Edit(_) => Record::EditMessage,
        Action::Delete { .. } => Record::DeleteMessage,
    }
}
