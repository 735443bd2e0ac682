//! Facts that need no decision: the `reads` and `users` topics.

use threadline_domain::{ReadMark, Text, UserProfile};

use super::{DecodeError, Encoded, Output, Record, decode, misplaced};

/// Stands for the name of a user who has none: no name is empty.
const NO_NAME: &str = "";

/// Encodes a read mark.
pub fn encode_read_mark(mark: &ReadMark) -> Encoded {
    let mut out = Output::new(Record::ReadMark);
    out.put(&mark.thread);
    out.put(&mark.user);
    out.put(&mark.number);
    out.put(&mark.at);
    out.done()
}

/// Reads a read mark.
pub fn decode_read_mark(value: &[u8]) -> Result<ReadMark, DecodeError> {
    decode(value, |record, input| match record {
        Record::ReadMark => Ok(ReadMark {
            thread: input.field("thread")?,
            user: input.field("user")?,
            number: input.field("number")?,
            at: input.field("at")?,
        }),
        _ => Err(misplaced("a read mark")),
    })
}

/// Encodes a user.
pub fn encode_user(user: &UserProfile) -> Encoded {
    let mut out = Output::new(Record::User);
    out.put(&user.user);
    out.put(user.name.as_ref().unwrap_or(&Text::from(NO_NAME)));
    out.put(&user.at);
    out.done()
}

/// Reads a user.
pub fn decode_user(value: &[u8]) -> Result<UserProfile, DecodeError> {
    decode(value, |record, input| match record {
        Record::User => {
            let (user, name): (_, Text) = (input.field("user")?, input.field("name")?);
            let name = (name.as_open() != Some(NO_NAME)).then_some(name);
            Ok(UserProfile { user, name, at: input.field("at")? })
        }
        _ => Err(misplaced("a user")),
    })
}
