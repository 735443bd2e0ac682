//! Facts that need no decision: the `reads` and `users` topics.

use threadline_domain::{ReadMark, UserProfile};

use super::{DecodeError, Encoded, Output, Record, decode, misplaced};

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

/// Encodes a user's name.
pub fn encode_user(user: &UserProfile) -> Encoded {
    let mut out = Output::new(Record::User);
    out.put(&user.user);
    out.put(&user.name);
    out.put(&user.at);
    out.done()
}

/// Reads a user's name.
pub fn decode_user(value: &[u8]) -> Result<UserProfile, DecodeError> {
    decode(value, |record, input| match record {
        Record::User => {
            Ok(UserProfile { user: input.field("user")?, name: input.field("name")?, at: input.field("at")? })
        }
        _ => Err(misplaced("a user")),
    })
}
