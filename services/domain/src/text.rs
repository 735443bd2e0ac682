//! What can be wrong with a text.

use std::fmt;

use crate::limits;

/// Why a value is refused, whatever field it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Nothing is there.
    Empty,
    /// More characters than allowed.
    TooLong {
        /// How many are allowed.
        chars_max: usize,
    },
    /// More bytes than allowed.
    TooLarge {
        /// How many are allowed.
        bytes_max: usize,
    },
    /// Nested deeper than allowed.
    TooDeep {
        /// How deep is allowed.
        depth_max: usize,
    },
    /// More elements than allowed.
    TooMany {
        /// How many are allowed.
        count_max: usize,
    },
    /// Fewer elements than needed.
    TooFew {
        /// How many are needed.
        count_min: usize,
    },
    /// A character that may not stand there (control, or white space in an id).
    Character,
    /// The same element twice.
    Repeated,
    /// Not one of the values that can stand there.
    Value,
    /// A name that is kept for others: a user id that begins with `service:`, a message kind that services post.
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
            Self::Character => f.write_str("has a character that is not allowed there"),
            Self::Repeated => f.write_str("names the same element twice"),
            Self::Value => f.write_str("is not a value that can stand there"),
            Self::Reserved => f.write_str("is reserved for services"),
        }
    }
}

/// Refuses what cannot be the id of someone: nothing, more than `chars_max` characters, white space, control characters.
pub(crate) fn check_id(id: &str, chars_max: usize) -> Result<(), Invalid> {
    if id.is_empty() {
        return Err(Invalid::Empty);
    }
    if id.chars().count() > chars_max {
        return Err(Invalid::TooLong { chars_max });
    }
    if id.chars().any(|c| c.is_control() || c.is_whitespace()) { Err(Invalid::Character) } else { Ok(()) }
}

/// Refuses what cannot stand in one line that people read, such as a title: nothing to see, more than `chars_max`
/// characters, or a control character.
pub fn check_line(text: &str, chars_max: usize) -> Result<(), Invalid> {
    check_length(text, chars_max)?;
    if text.chars().any(char::is_control) { Err(Invalid::Character) } else { Ok(()) }
}

/// Refuses what cannot be a message's content: nothing to see, too long, or a NUL, which Postgres has no text for.
pub fn check_content(text: &str) -> Result<(), Invalid> {
    check_length(text, limits::CONTENT_CHARS_MAX)?;
    if text.contains('\0') { Err(Invalid::Character) } else { Ok(()) }
}

fn check_length(text: &str, chars_max: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() {
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
            ("žluťoučkýá", Err(Invalid::TooLong { chars_max: 9 })),
            ("two\nlines", Err(Invalid::Character)),
            ("bell\u{7}", Err(Invalid::Character)),
        ] {
            assert_eq!(check_line(text, 9), expected, "{text:?}");
        }
    }

    #[test]
    fn content_may_have_lines_but_no_nul() {
        assert_eq!(check_content("one\n\ttwo\r\n\u{1b}"), Ok(()));
        assert_eq!(check_content("\n"), Err(Invalid::Empty));
        assert_eq!(check_content("a\0b"), Err(Invalid::Character));
        assert_eq!(check_content(&"é".repeat(limits::CONTENT_CHARS_MAX)), Ok(()));
        let too_long = "é".repeat(limits::CONTENT_CHARS_MAX + 1);
        assert_eq!(check_content(&too_long), Err(Invalid::TooLong { chars_max: limits::CONTENT_CHARS_MAX }));
    }
}
