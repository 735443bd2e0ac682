//! The types that settings have.

use std::fmt::Display;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};

use super::setting::Spelling;

/// A value that a text can say.
pub(super) trait Value: Sized + Display {
    /// What must be said, such as `true or false`.
    const EXPECTED: &'static str;
    const SPELLING: Spelling;

    fn read(text: &str) -> Option<Self>;
}

macro_rules! value {
    ($($type:ty, $spelling:ident: $expected:literal),+ $(,)?) => {
        $(impl Value for $type {
            const EXPECTED: &'static str = $expected;
            const SPELLING: Spelling = Spelling::$spelling;

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })+
    };
}

value!(
    u32, Bare: "a whole number",
    u64, Bare: "a whole number",
    usize, Bare: "a whole number",
    NonZeroU32, Bare: "a whole number",
    NonZeroUsize, Bare: "a whole number",
    bool, Bare: "true or false",
    String, Text: "a text",
    SocketAddr, Text: "an address such as 127.0.0.1:8080",
);
