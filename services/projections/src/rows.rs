//! Converts Postgres' types to the domain's.

use std::str::FromStr;
use std::sync::Arc;

use threadline_domain::sealed::DIGEST_BYTES;
use threadline_domain::{Actor, Metadata, Sealed, Text, Timestamp, UserId};

use crate::Error;

/// Reads a user id; it was checked before it entered the log.
pub(crate) fn user(id: &str) -> Result<UserId, Error> {
    UserId::new(id).map_err(|reason| Error::Schema(format!("user id {reason}")))
}

/// Reads a value that is stored by its name.
pub(crate) fn named<T: FromStr>(name: &str) -> Result<T, Error> {
    let newer = || Error::UnknownName { kind: std::any::type_name::<T>(), name: name.to_owned() };
    name.parse().map_err(|_| newer())
}

/// Reads an actor; it was checked before it entered the log.
pub(crate) fn actor(text: &str) -> Result<Actor, Error> {
    text.parse().map_err(|reason| Error::Schema(format!("actor {reason}")))
}

/// Encodes a typed text for a column: a 0 and the text, or a 1, the digest and the ciphertext.
pub(crate) fn stored(text: &Text) -> Vec<u8> {
    match text {
        Text::Open(text) => stored_open(text),
        Text::Sealed(sealed) => stored_sealed(sealed),
    }
}

/// Encodes metadata the same way.
pub(crate) fn stored_metadata(metadata: &Metadata) -> Vec<u8> {
    match metadata {
        Metadata::Open(json) => stored_open(json),
        Metadata::Sealed(sealed) => stored_sealed(sealed),
    }
}

fn stored_open(text: &str) -> Vec<u8> {
    [&[0], text.as_bytes()].concat()
}

fn stored_sealed(sealed: &Sealed) -> Vec<u8> {
    [&[1], sealed.digest.as_slice(), &sealed.bytes].concat()
}

/// The counterpart of [`stored`].
pub(crate) fn typed(stored: &[u8]) -> Result<Text, Error> {
    Ok(match form(stored)? {
        Form::Open(text) => Text::from(text),
        Form::Sealed(sealed) => Text::Sealed(sealed),
    })
}

/// The counterpart of [`stored_metadata`].
pub(crate) fn metadata(stored: &[u8]) -> Result<Metadata, Error> {
    Ok(match form(stored)? {
        Form::Open(json) => Metadata::from_canonical_json(json),
        Form::Sealed(sealed) => Metadata::Sealed(sealed),
    })
}

enum Form<'a> {
    Open(&'a str),
    Sealed(Sealed),
}

fn form(stored: &[u8]) -> Result<Form<'_>, Error> {
    let form = match stored {
        [0, text @ ..] => std::str::from_utf8(text).ok().map(Form::Open),
        [1, sealed @ ..] => sealed
            .split_first_chunk::<DIGEST_BYTES>()
            .map(|(digest, bytes)| Form::Sealed(Sealed { digest: *digest, bytes: bytes.into() })),
        _ => None,
    };
    form.ok_or_else(|| Error::Schema("a column holds no typed text".into()))
}

pub(crate) fn text(text: Option<String>) -> Option<Arc<str>> {
    text.map(Into::into)
}

pub(crate) fn time(at: Option<i64>) -> Option<Timestamp> {
    at.map(Timestamp)
}
