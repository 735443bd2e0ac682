//! Signing in on a development system, where nobody is asked for a password.

use serde::{Deserialize, Serialize};
use threadline_domain::{UserId, text};
use utoipa::ToSchema;

use super::body::read;
use super::{Fields, Time};
use crate::RequestError;

/// Characters of a display name.
const NAME_CHARS_MAX: usize = 100;
/// How long a token is good for when nothing is said, seconds.
const TTL_S: u64 = 3_600;
/// How long a token may be good for, seconds.
const TTL_S_MAX: u64 = 86_400;

/// Asks for a development token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInBody {
    #[schema(min_length = 1, max_length = 128)]
    pub user: String,
    /// The display name; others see the user id when absent.
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// How long the token shall be good for, seconds; an hour when absent.
    #[schema(minimum = 1, maximum = 86_400)]
    pub ttl_s: Option<u64>,
}

/// Who wants a token, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    pub user: UserId,
    /// The display name.
    pub name: Option<String>,
    /// How long the token is good for, seconds.
    pub ttl_s: u64,
}

/// Reads the body that [`SignInBody`] describes. Errors name the field.
pub fn sign_in(json: &[u8]) -> Result<SignIn, RequestError> {
    read(json, |fields| Ok(SignIn { user: fields.user("user")?, name: name(fields)?, ttl_s: ttl_s(fields)? }))
}

fn name(fields: &mut Fields) -> Result<Option<String>, RequestError> {
    let Some(name) = fields.optional_text("name")? else { return Ok(None) };
    let name = name.trim();
    match text::check_line(name, NAME_CHARS_MAX) {
        Ok(()) => Ok(Some(name.to_owned())),
        Err(reason) => Err(fields.invalid("name", reason.to_string())),
    }
}

fn ttl_s(fields: &mut Fields) -> Result<u64, RequestError> {
    let ttl_s = fields.optional_number("ttl_s")?.unwrap_or(TTL_S);
    if (1..=TTL_S_MAX).contains(&ttl_s) {
        Ok(ttl_s)
    } else {
        Err(fields.invalid("ttl_s", format!("must be 1 to {TTL_S_MAX}")))
    }
}

/// A token, and whom it names.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignedIn<'a> {
    pub token: &'a str,
    pub user: &'a str,
    /// The display name.
    #[schema(required)]
    pub name: Option<&'a str>,
    /// When the token ends.
    pub expires_at: Time,
}
