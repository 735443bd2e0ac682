//! Tokens of our own, for development.

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use threadline_domain::Timestamp;

use super::{AuthConfig, KeySource};

/// Makes tokens that an edge with the same settings takes.
#[derive(Clone)]
pub struct Mint {
    key: EncodingKey,
    issuer: Option<String>,
    audience: Option<String>,
}

/// A new token.
#[derive(Clone)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token that could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("a token cannot be signed: {0}")]
pub struct NotSigned(#[from] jsonwebtoken::errors::Error);

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

impl Mint {
    /// `None` where tokens come from an identity provider: its key is not ours.
    pub fn new(config: &AuthConfig) -> Option<Self> {
        let KeySource::Secret(secret) = &config.keys else { return None };
        let key = EncodingKey::from_secret(&secret.0);
        Some(Self { key, issuer: config.issuer.clone(), audience: config.audience.clone() })
    }

    /// A token for this user, good for `ttl_s` seconds from `now` on.
    pub fn token(&self, user: &str, name: Option<&str>, now: Timestamp, ttl_s: u64) -> Result<Minted, NotSigned> {
        let iat = now.millis().div_euclid(1_000);
        let exp = iat.saturating_add_unsigned(ttl_s);
        let (iss, aud) = (self.issuer.as_deref(), self.audience.as_deref());
        let claims = Claims { sub: user, name, iat, exp, iss, aud };
        let token = jsonwebtoken::encode(&Header::default(), &claims, &self.key)?;
        Ok(Minted { token, expires_at: Timestamp(exp.saturating_mul(1_000)) })
    }
}
