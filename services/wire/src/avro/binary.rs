//! Avro's binary encoding for the handful of types that our records use.
//!
//! `apache_avro` builds a tree of named values for each record and searches it by name. Each message crosses the log
//! five times, so the newest schemas are written and read in place. Tests hold this byte for byte against `apache_avro`.

use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::thread::{Kind, Member, MessageKind, Role};
use threadline_domain::{Actor, Invalid, MessageId, ThreadId, Timestamp, UserId};
use uuid::Uuid;

use super::DecodeError;

/// A type with an Avro encoding.
pub(super) trait Value: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError>;
}

/// The rest of a record's body.
pub(super) struct Input<'a> {
    pub(super) rest: &'a [u8],
    /// The encoded defaults of fields that the body's version does not have.
    defaults: &'a [u8],
}

impl<'a> Input<'a> {
    /// Makes the input of a body, with the encoded defaults of the fields after its last one.
    pub(super) fn new(body: &'a [u8], defaults: &'a [u8]) -> Self {
        Self { rest: body, defaults }
    }

    /// Reads the next field; errors name it.
    pub(super) fn field<T: Value>(&mut self, name: &str) -> Result<T, DecodeError> {
        if self.rest.is_empty() {
            self.rest = std::mem::take(&mut self.defaults);
        }
        T::get(self).map_err(|error| error.within(name))
    }

    /// Refuses trailing bytes.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        match self.rest.len() + self.defaults.len() {
            0 => Ok(()),
            bytes => Err(DecodeError::Corrupt(format!("{bytes} bytes follow the record"))),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = u64::get(self)?;
        let (bytes, rest) =
            usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length)).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::Corrupt("is not UTF-8".into()))
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (&byte, rest) = self.rest.split_first().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(byte)
    }
}

pub(super) fn truncated() -> DecodeError {
    DecodeError::Corrupt("is cut off".into())
}

pub(super) fn unknown_branch() -> DecodeError {
    DecodeError::Corrupt("has an unknown branch".into())
}

pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    (bytes.len() as i64).put(out);
    out.extend_from_slice(bytes);
}

/// Encoded as a zigzag varint.
impl Value for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = ((self << 1) ^ (self >> 63)).cast_unsigned();
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let mut zigzag = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = input.byte()?;
            if shift == 63 && byte > 1 {
                break;
            }
            zigzag |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()));
            }
        }
        Err(DecodeError::Corrupt("is not a 64-bit number".into()))
    }
}

/// As a long. Numbers and offsets never reach 2^63.
impl Value for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        i64::try_from(*self).unwrap_or(i64::MAX).put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        u64::try_from(i64::get(input)?).map_err(|_| DecodeError::Corrupt("is negative".into()))
    }
}

/// As an int. Partitions never reach 2^31.
impl Value for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        i64::from(i32::try_from(*self).unwrap_or(i32::MAX)).put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let number =
            i32::try_from(i64::get(input)?).map_err(|_| DecodeError::Corrupt("is not a 32-bit number".into()))?;
        u32::try_from(number).map_err(|_| DecodeError::Corrupt("is negative".into()))
    }
}

impl Value for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Corrupt("is not a boolean".into())),
        }
    }
}

impl Value for Bytes {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self, out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.bytes().map(Bytes::copy_from_slice)
    }
}

/// The union of null and the type, null first.
impl<T: Value> Value for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => 0_i64.put(out),
            Some(value) => {
                1_i64.put(out);
                value.put(out);
            }
        }
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match i64::get(input)? {
            0 => Ok(None),
            1 => T::get(input).map(Some),
            _ => Err(unknown_branch()),
        }
    }
}

/// An array; every element takes at least a byte, so a count beyond the bytes left is refused before it allocates.
impl<T: Value> Value for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        if !self.is_empty() {
            (self.len() as i64).put(out);
            for element in self {
                element.put(out);
            }
        }
        0_i64.put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let mut elements = Self::new();
        loop {
            let count = match i64::get(input)? {
                0 => return Ok(elements),
                // A negative count is followed by the block's size in bytes.
                count if count < 0 => u64::get(input).map(|_| count.unsigned_abs())?,
                count => count.unsigned_abs(),
            };
            let count = usize::try_from(count).ok().filter(|&count| count <= input.rest.len()).ok_or_else(truncated)?;
            elements.reserve(count);
            for _ in 0..count {
                elements.push(T::get(input)?);
            }
        }
    }
}

/// Implements [`Value`] for types that are strings.
macro_rules! strings {
    ($($type:ty: $text:expr, $from:expr;)+) => {$(
        impl Value for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let text: fn(&Self) -> &str = $text;
                put_bytes(text(self).as_bytes(), out);
            }

            fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let from: fn(&str) -> Result<Self, String> = $from;
                from(input.text()?).map_err(DecodeError::Corrupt)
            }
        }
    )+};
}

strings! {
    Arc<str>: |text| text, |text| Ok(text.into());
    String: |text| text, |text| Ok(text.into());
    UserId: UserId::as_str, |text| UserId::new(text).map_err(|invalid| invalid.to_string());
    Actor: Actor::as_str, |text| text.parse().map_err(|invalid: Invalid| invalid.to_string());
    Kind: |kind| kind.name(), |text| text.parse().map_err(|_| format!("{text:?} is not a kind of thread"));
    Role: |role| role.name(), |text| text.parse().map_err(|_| format!("{text:?} is not a role"));
    MessageKind: |kind| kind.name(), |text| text.parse().map_err(|_| format!("{text:?} is not a kind of message"));
}

impl Value for Uuid {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes(), out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Uuid::try_parse(input.text()?).map_err(|_| DecodeError::Corrupt("is not a UUID".into()))
    }
}

/// Implements [`Value`] for types that wrap another one.
macro_rules! wrappers {
    ($($type:ident),+) => {$(
        impl Value for $type {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Value::get(input).map($type)
            }
        }
    )+};
}

wrappers!(ThreadId, MessageId, Timestamp);

impl Value for Member {
    fn put(&self, out: &mut Vec<u8>) {
        self.user.put(out);
        self.role.put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self { user: input.field("user")?, role: input.field("role")? })
    }
}
