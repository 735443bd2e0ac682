//! Texts that people typed: the union of string and the record `Sealed`, string first.

use std::sync::Arc;

use threadline_domain::{Metadata, Sealed, Text};

use super::DecodeError;
use super::binary::{Input, Value, put_bytes, truncated, unknown_branch};

/// A type with two forms.
pub(super) trait Sealable: Sized {
    fn form(&self) -> Form<'_>;

    /// Makes it from an open text, or says why it cannot.
    fn from_open(text: &str) -> Result<Self, String>;

    /// Makes it from a sealed text.
    fn from_sealed(sealed: Sealed) -> Self;
}

/// How a text is encoded in a record.
pub(super) enum Form<'a> {
    Open(&'a Arc<str>),
    Sealed(&'a Sealed),
}

/// A text that may be missing. Unions do not nest, so null comes before the two branches.
pub(super) struct Nullable<T>(pub(super) Option<T>);

/// Writes the branch with the index `before` among the union's first, with its value.
fn put_branch(text: &impl Sealable, before: i64, out: &mut Vec<u8>) {
    match text.form() {
        Form::Open(text) => {
            before.put(out);
            text.put(out);
        }
        Form::Sealed(sealed) => {
            (before + 1).put(out);
            sealed.put(out);
        }
    }
}

fn get_branch<T: Sealable>(branch: i64, input: &mut Input<'_>) -> Result<T, DecodeError> {
    match branch {
        0 => T::from_open(input.text()?).map_err(DecodeError::Corrupt),
        1 => Sealed::get(input).map(T::from_sealed),
        _ => Err(unknown_branch()),
    }
}

impl<T: Sealable> Value for Nullable<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match &self.0 {
            None => 0_i64.put(out),
            Some(text) => put_branch(text, 1, out),
        }
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match i64::get(input)? {
            0 => Ok(Self(None)),
            branch => get_branch(branch - 1, input).map(|text| Self(Some(text))),
        }
    }
}

macro_rules! sealable {
    ($($type:ident: $from_open:expr;)+) => {$(
        impl Sealable for $type {
            fn form(&self) -> Form<'_> {
                match self {
                    Self::Open(text) => Form::Open(text),
                    Self::Sealed(sealed) => Form::Sealed(sealed),
                }
            }

            fn from_open(text: &str) -> Result<Self, String> {
                let from_open: fn(&str) -> Result<Self, String> = $from_open;
                from_open(text)
            }

            fn from_sealed(sealed: Sealed) -> Self {
                Self::Sealed(sealed)
            }
        }

        impl Value for $type {
            fn put(&self, out: &mut Vec<u8>) {
                put_branch(self, 0, out);
            }

            fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                i64::get(input).and_then(|branch| get_branch(branch, input))
            }
        }
    )+};
}

sealable! {
    Text: |text| Ok(text.into());
    Metadata: metadata;
}

/// Checks metadata, because frames carry it unchanged.
fn metadata(json: &str) -> Result<Metadata, String> {
    if json == "{}" {
        return Ok(Metadata::default());
    }
    let valid = json.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
    valid.then(|| Metadata::from_canonical_json(json)).ok_or_else(|| "is not a JSON object".into())
}

impl Value for Sealed {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.digest);
        put_bytes(&self.bytes, out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let (digest, rest) = input.rest.split_first_chunk().ok_or_else(truncated)?;
        input.rest = rest;
        Ok(Self { digest: *digest, bytes: input.bytes()?.into() })
    }
}
