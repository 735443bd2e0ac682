//! What can be wrong with a text.

use std::fmt;

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
        }
    }
}
