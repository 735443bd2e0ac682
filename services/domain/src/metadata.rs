//! Free-form data that a product attaches to threads and messages.

use std::fmt;
use std::sync::Arc;

use crate::limits;
use crate::sealed::{DIGEST_BYTES, Sealed};
use crate::text::Invalid;

/// A JSON object: as canonical text (no insignificant white space, keys sorted), or sealed. Opaque to the domain, which
/// only bounds its size and depth; an open text is valid JSON because `wire` made it. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub enum Metadata {
    /// Canonical JSON text. Empty metadata is open in every log: nobody typed it.
    Open(Arc<str>),
    /// Encrypted under a key of its author.
    Sealed(Sealed),
}

impl Metadata {
    /// Takes canonical JSON text of an object.
    pub fn from_canonical_json(json: &str) -> Self {
        Self::Open(json.into())
    }

    /// The canonical JSON text, unless it is sealed (see [`Text::as_open`](crate::Text::as_open)).
    pub fn as_json(&self) -> Option<&str> {
        match self {
            Self::Open(json) => Some(json),
            Self::Sealed(_) => None,
        }
    }

    /// Returns what distinguishes this metadata from others: the JSON text, or its digest.
    pub(crate) fn fingerprint(&self) -> &[u8] {
        match self {
            Self::Open(json) => json.as_bytes(),
            Self::Sealed(sealed) => &sealed.digest,
        }
    }

    /// Returns its size in bytes.
    pub fn len_bytes(&self) -> usize {
        match self {
            Self::Open(json) => json.len(),
            Self::Sealed(sealed) => DIGEST_BYTES + sealed.bytes.len(),
        }
    }

    /// Refuses metadata that is larger or deeper than [`limits`] allow, and NUL characters, which Postgres cannot store
    /// in a text. Of sealed metadata only the size can be checked; the edge checks the rest before it seals.
    pub fn check(&self) -> Result<(), Invalid> {
        let json = match self {
            Self::Open(json) => json,
            Self::Sealed(sealed) => return sealed.check(),
        };
        if json.len() > limits::METADATA_BYTES_MAX {
            return Err(Invalid::TooLarge { bytes_max: limits::METADATA_BYTES_MAX });
        }
        if depth(json) > limits::METADATA_DEPTH_MAX {
            return Err(Invalid::TooDeep { depth_max: limits::METADATA_DEPTH_MAX });
        }
        if has_nul(json) {
            return Err(Invalid::Nul);
        }
        Ok(())
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(json) => write!(f, "Metadata({} bytes)", json.len()),
            Self::Sealed(sealed) => sealed.fmt(f),
        }
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self::from_canonical_json("{}")
    }
}

/// Whether a string holds `\u0000`, and not a backslash before `u0000`.
fn has_nul(json: &str) -> bool {
    let backslashes_before = |at: usize| json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
    json.match_indices(r"\u0000").any(|(at, _)| backslashes_before(at) % 2 == 0)
}

/// Returns how deep brackets nest outside of strings.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        for (json, expected) in
            [("{}", 1), (r#"{"a":[1,{"b":2}]}"#, 3), (r#"{"a":"[[[\"{{"}"#, 1), (r#"{"a\\":{"b":[]}}"#, 3)]
        {
            assert_eq!(depth(json), expected, "{json}");
        }
    }

    #[test]
    fn nul_is_refused() {
        for (json, expected) in [
            (r#"{"a":"\u0000"}"#, Err(Invalid::Nul)),
            (r#"{"a\\\u0000":1}"#, Err(Invalid::Nul)),
            (r#"{"a":"\\u0000"}"#, Ok(())),
            (r#"{"a":"u0000\u0001"}"#, Ok(())),
        ] {
            assert_eq!(Metadata::from_canonical_json(json).check(), expected, "{json}");
        }
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_refused() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(limits::METADATA_BYTES_MAX));
        assert_eq!(Metadata::from_canonical_json(&large).check(), Err(Invalid::TooLarge { bytes_max: 8_192 }));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(8), "]".repeat(8));
        assert_eq!(Metadata::from_canonical_json(&deep).check(), Err(Invalid::TooDeep { depth_max: 8 }));
        assert_eq!(Metadata::default().check(), Ok(()));
    }
}
