//! What can be wrong with a value.

use std::fmt;

use crate::{limits, visible};

/// Why a value is refused, independent of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The value is empty, or shows nothing.
    Empty,
    /// More characters than allowed.
    TooLong { chars_max: usize },
    /// More bytes than allowed.
    TooLarge { bytes_max: usize },
    /// Nested deeper than allowed.
    TooDeep { depth_max: usize },
    /// More elements than allowed.
    TooMany { count_max: usize },
    /// Fewer elements than needed.
    TooFew { count_min: usize },
    /// White space or a control character in an id.
    IdCharacter,
    /// A control character, a line break, or one that turns the text's direction, in one line.
    LineCharacter,
    /// A NUL, which Postgres has no text for.
    Nul,
    /// The same element twice.
    Repeated,
    /// Not one of the allowed names, or a fault that only a newer program knows.
    Value,
    /// A message's id that is no UUIDv7, or is ahead of the clock.
    MessageId,
    /// An id that no message of the thread has.
    NotInThread,
    /// A title or a key for a dm, which has neither.
    NotInDm,
    /// A thread's id that does not follow from the dm's people or the key.
    NotDerived,
    /// A name reserved for others: a user id that begins with `service:`, a message kind that only services post.
    Reserved,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong { chars_max } => write!(f, "must have at most {chars_max} characters"),
            Self::TooLarge { bytes_max } => write!(f, "must have at most {bytes_max} bytes"),
            Self::TooDeep { depth_max } => write!(f, "must be nested at most {depth_max} deep"),
            Self::TooMany { count_max } => write!(f, "must have at most {count_max} elements"),
            Self::TooFew { count_min } => write!(f, "must have at least {count_min} elements"),
            Self::IdCharacter => f.write_str("must have no white space and no control characters"),
            Self::LineCharacter => {
                f.write_str("must be one line, without control characters and marks that turn the text's direction")
            }
            Self::Nul => f.write_str("must not contain U+0000"),
            Self::Repeated => f.write_str("names the same element twice"),
            Self::Value => f.write_str("is not a value that can stand there"),
            Self::MessageId => {
                let minutes = limits::MESSAGE_ID_AHEAD_MS_MAX / 60_000;
                write!(f, "must be a UUIDv7 whose time is at most {minutes} minutes ahead")
            }
            Self::NotInThread => f.write_str("must be the id of a message of this thread"),
            Self::NotInDm => f.write_str("must be absent: a dm has none"),
            Self::NotDerived => f.write_str("must be the id that follows from the key or from the dm's two members"),
            Self::Reserved => f.write_str("is reserved for services"),
        }
    }
}

/// Refuses what cannot be an id of an actor: an empty text, more than `chars_max` characters, white space, control
/// characters.
pub(crate) fn check_id(id: &str, chars_max: usize) -> Result<(), Invalid> {
    if id.is_empty() {
        return Err(Invalid::Empty);
    }
    if id.chars().count() > chars_max {
        return Err(Invalid::TooLong { chars_max });
    }
    if id.chars().any(|c| c.is_control() || c.is_whitespace()) { Err(Invalid::IdCharacter) } else { Ok(()) }
}

/// Refuses what cannot be a single line that people read, such as a title: nothing to see, more than `chars_max`
/// characters, a control character or line break, or a mark that turns the direction of the text after it.
pub fn check_line(text: &str, chars_max: usize) -> Result<(), Invalid> {
    check_length(text, chars_max)?;
    if text.chars().any(visible::breaks_line) { Err(Invalid::LineCharacter) } else { Ok(()) }
}

/// Makes a single line of a text that is only displayed, such as a name: removes what [`check_line`] refuses and blank
/// ends, and cuts it after `chars_max` characters. `None` when nothing is left to see.
pub fn displayed_line(text: &str, chars_max: usize) -> Option<String> {
    let line: String = text.chars().filter(|c| !visible::breaks_line(*c)).take(chars_max).collect();
    visible::shows_anything(&line).then(|| line.trim().to_owned())
}

/// Refuses what cannot be a message's content: nothing to see, too long, or a NUL.
pub fn check_content(text: &str) -> Result<(), Invalid> {
    check_length(text, limits::CONTENT_CHARS_MAX)?;
    if text.contains('\0') { Err(Invalid::Nul) } else { Ok(()) }
}

fn check_length(text: &str, chars_max: usize) -> Result<(), Invalid> {
    if !visible::shows_anything(text) {
        return Err(Invalid::Empty);
    }
    // No character is shorter than a byte, so most texts need no counting.
    if text.len() > chars_max && text.chars().count() > chars_max {
        return Err(Invalid::TooLong { chars_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_visible_short_and_has_no_control_characters() {
        for (text, expected) in [
            ("žluťoučký", Ok(())),
            ("", Err(Invalid::Empty)),
            (" \t ", Err(Invalid::Empty)),
            ("\u{200b}\u{feff}", Err(Invalid::Empty)),
            ("a\u{2028}b", Err(Invalid::LineCharacter)),
            ("gpj.\u{202e}exe", Err(Invalid::LineCharacter)),
            ("žluťoučkýá", Err(Invalid::TooLong { chars_max: 9 })),
            ("two\nlines", Err(Invalid::LineCharacter)),
            ("bell\u{7}", Err(Invalid::LineCharacter)),
        ] {
            assert_eq!(check_line(text, 9), expected, "{text:?}");
        }
    }

    #[test]
    fn a_displayed_line_is_what_is_left_to_see() {
        for (text, expected) in [
            (" A\r\nB ", Some("AB")),
            ("Ann\u{202e}", Some("Ann")),
            ("a very long name", Some("a very")),
            ("\u{200b}\u{2028}", None),
            ("", None),
        ] {
            assert_eq!(displayed_line(text, 7).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn content_may_have_lines_but_no_nul() {
        assert_eq!(check_content("one\n\ttwo\r\n\u{1b}"), Ok(()));
        assert_eq!(check_content("\n"), Err(Invalid::Empty));
        assert_eq!(check_content("\u{2060}\u{3164} \u{ad}"), Err(Invalid::Empty));
        assert_eq!(check_content("a\u{2028}b\u{202e}c"), Ok(()), "an author's own lines");
        assert_eq!(check_content("a\0b"), Err(Invalid::Nul));
        assert_eq!(check_content(&"é".repeat(limits::CONTENT_CHARS_MAX)), Ok(()));
        let too_long = "é".repeat(limits::CONTENT_CHARS_MAX + 1);
        assert_eq!(check_content(&too_long), Err(Invalid::TooLong { chars_max: limits::CONTENT_CHARS_MAX }));
    }
}
