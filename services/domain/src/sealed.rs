//! Text that a person typed, as the log carries it.

use std::fmt;
use std::sync::Arc;

use crate::limits;
use crate::text::{self, Invalid};

/// A text that was encrypted before it entered the log. The domain passes it on and never opens it (decision 16).
///
/// Two sealed texts are equal when their digests are: each sealing of the same text gives another ciphertext.
#[derive(Clone)]
pub struct Sealed {
    /// Recognises the same text of the same author in the same thread: a keyed hash, so nobody without the key can find
    /// a short text by guessing.
    pub digest: [u8; DIGEST_BYTES],
    /// The ciphertext, with all that is needed to open it except the key.
    pub bytes: Arc<[u8]>,
}

/// Bytes of a [`Sealed`] text's digest.
pub const DIGEST_BYTES: usize = 16;

impl PartialEq for Sealed {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Sealed {}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.bytes.len())
    }
}

impl Sealed {
    /// Refuses a ciphertext that is too large for any text within the limits.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let bytes_max = limits::SEALED_BYTES_MAX;
        if self.bytes.len() > bytes_max { Err(Invalid::TooLarge { bytes_max }) } else { Ok(()) }
    }
}

/// A text that a person typed: as it is, or sealed. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub enum Text {
    /// An open text, in a log that does not seal.
    Open(Arc<str>),
    /// Encrypted under a key of its author.
    Sealed(Sealed),
}

impl Text {
    /// Returns the text, unless it is sealed. After opening, a text that is still sealed has lost its key: it was
    /// erased.
    pub fn as_open(&self) -> Option<&str> {
        match self {
            Self::Open(text) => Some(text),
            Self::Sealed(_) => None,
        }
    }

    /// Whether the content of an event was removed because a later event replaced or deleted it. Typed content is never
    /// empty.
    pub fn is_withheld(&self) -> bool {
        self.as_open() == Some("")
    }

    /// Returns what distinguishes this text from others: the text itself, or its digest.
    pub(crate) fn fingerprint(&self) -> &[u8] {
        match self {
            Self::Open(text) => text.as_bytes(),
            Self::Sealed(sealed) => &sealed.digest,
        }
    }

    /// Returns its size in bytes.
    pub fn len_bytes(&self) -> usize {
        match self {
            Self::Open(text) => text.len(),
            Self::Sealed(sealed) => DIGEST_BYTES + sealed.bytes.len(),
        }
    }

    /// Refuses what cannot be a message's content. Of a sealed text only the size can be checked; the edge checks the
    /// rest before it seals.
    pub fn check_content(&self) -> Result<(), Invalid> {
        match self {
            Self::Open(content) => text::check_content(content),
            Self::Sealed(sealed) => sealed.check(),
        }
    }

    /// Refuses what cannot be a single line that people read; sealed texts as in
    /// [`check_content`](Self::check_content).
    pub fn check_line(&self, chars_max: usize) -> Result<(), Invalid> {
        match self {
            Self::Open(line) => text::check_line(line, chars_max),
            Self::Sealed(sealed) => sealed.check(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Open(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Open(text.into())
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self::Open(text)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Sealed(sealed) => sealed.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(digest: u8, bytes: usize) -> Sealed {
        Sealed { digest: [digest; DIGEST_BYTES], bytes: vec![0; bytes].into() }
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", Text::from("a secret")), "Text(8 bytes)");
        assert_eq!(format!("{:?}", Text::Sealed(sealed(1, 50))), "Sealed(50 bytes)");
    }

    #[test]
    fn sealed_texts_are_equal_by_their_digest() {
        assert_eq!(Text::Sealed(sealed(1, 50)), Text::Sealed(sealed(1, 60)));
        assert_ne!(Text::Sealed(sealed(1, 50)), Text::Sealed(sealed(2, 50)));
    }

    #[test]
    fn a_ciphertext_longer_than_any_text_allowed_is_refused() {
        assert_eq!(Text::Sealed(sealed(1, limits::SEALED_BYTES_MAX)).check_content(), Ok(()));
        let refused = Err(Invalid::TooLarge { bytes_max: limits::SEALED_BYTES_MAX });
        assert_eq!(Text::Sealed(sealed(1, limits::SEALED_BYTES_MAX + 1)).check_line(5), refused);
    }
}
