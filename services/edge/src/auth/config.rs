//! Which tokens are taken.

use std::fmt;

/// Which tokens are taken.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Where the keys come from; fixes the algorithms too.
    pub keys: KeySource,
    /// The `iss` that tokens must have. Required with [`KeySource::Jwks`].
    pub issuer: Option<String>,
    /// The `aud` that tokens must name. Required with [`KeySource::Jwks`].
    pub audience: Option<String>,
    /// The `tid` (Entra ID tenant) that tokens must have one of; empty takes every tenant of the issuer.
    pub tenants: Vec<String>,
    /// How far clocks may differ.
    pub leeway_s: u64,
}

impl AuthConfig {
    /// Tokens signed with a shared secret (HS256), whoever issued them: for development.
    pub fn secret(secret: impl Into<Vec<u8>>) -> Self {
        Self {
            keys: KeySource::Secret(Secret(secret.into())),
            issuer: None,
            audience: None,
            tenants: Vec::new(),
            leeway_s: 5,
        }
    }

    /// Tokens of an identity provider (RS256, ES256) that publishes its keys.
    pub fn jwks(url: impl Into<String>, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            keys: KeySource::Jwks { url: url.into(), refetch_ms: 60_000 },
            issuer: Some(issuer.into()),
            audience: Some(audience.into()),
            tenants: Vec::new(),
            leeway_s: 5,
        }
    }
}

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// One secret shared with the issuer: HS256, nothing else.
    Secret(Secret),
    /// A JSON Web Key Set: RS256 and ES256, each key with its own algorithm, nothing else.
    Jwks {
        /// Where it is published: `https`, or `http` on this machine.
        url: String,
        /// An unknown key id makes the set be fetched anew, at most once in this time.
        refetch_ms: u64,
    },
}

/// Bytes that are never printed. At least 32 of them, as HS256 demands.
#[derive(Clone)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}
