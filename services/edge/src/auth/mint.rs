//! Tokens of our own, for development.

use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Map, Value};
use threadline_domain::Timestamp;

use super::roles::Role;
use super::{AuthConfig, KeySource};

/// Makes tokens that an edge with the same settings takes.
#[derive(Clone)]
pub struct Mint {
    key: EncodingKey,
    issuer: Option<String>,
    audience: Option<String>,
    roles_claim: String,
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

/// Whom a token is for.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The user's id; with the role service, the service's name.
    pub id: &'a str,
    /// The name for display.
    pub name: Option<&'a str>,
    /// What the token allows beside.
    pub roles: &'a [Role],
}

impl Mint {
    /// `None` where tokens come from an identity provider: its key is not ours.
    pub fn new(config: &AuthConfig) -> Option<Self> {
        let KeySource::Secret(secret) = &config.keys else { return None };
        let key = EncodingKey::from_secret(&secret.0);
        Some(Self {
            key,
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            roles_claim: config.roles_claim.clone(),
        })
    }

    /// A token for this subject, good for `ttl_s` seconds from `now` on.
    pub fn token(&self, subject: Subject<'_>, now: Timestamp, ttl_s: u64) -> Result<Minted, NotSigned> {
        let iat = now.millis().div_euclid(1_000);
        let exp = iat.saturating_add_unsigned(ttl_s);
        let mut claims = Map::new();
        if !subject.roles.is_empty() {
            let roles = subject.roles.iter().map(|role| role.name().into()).collect();
            claims.insert(self.roles_claim.clone(), Value::Array(roles));
        }
        // After the roles: a claim that the settings name must not stand in for one of these.
        claims.extend([("sub".into(), subject.id.into()), ("iat".into(), iat.into()), ("exp".into(), exp.into())]);
        for (claim, text) in
            [("name", subject.name), ("iss", self.issuer.as_deref()), ("aud", self.audience.as_deref())]
        {
            claims.extend(text.map(|text| (claim.to_owned(), text.into())));
        }
        let token = jsonwebtoken::encode(&Header::default(), &claims, &self.key)?;
        Ok(Minted { token, expires_at: Timestamp(exp.saturating_mul(1_000)) })
    }
}
