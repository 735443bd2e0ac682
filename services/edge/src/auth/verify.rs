//! From a token to the user it names.

use std::sync::Arc;

use threadline_domain::{Timestamp, UserId};

use super::AuthConfig;

/// Who a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// The display name, if the token has one.
    pub name: Option<Arc<str>>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Why a token is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// It is refused; the text says why without repeating it.
    #[error("{0}")]
    Refused(&'static str),
    /// The identity provider's keys were never reached; worth a retry.
    #[error("the identity provider's keys cannot be fetched")]
    Unavailable,
}

/// Checks tokens.
pub struct Auth {}

impl Auth {
    /// For these tokens. Fails with a line that says what is wrong with the configuration.
    pub fn new(_config: &AuthConfig) -> Result<Self, String> {
        todo!()
    }

    /// The user that a token names.
    pub async fn verify(&self, _token: &str) -> Result<Identity, AuthError> {
        todo!()
    }
}
