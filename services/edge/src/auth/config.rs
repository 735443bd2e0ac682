//! Which tokens are taken.

use std::fmt;

/// The claim with a token's roles, unless the settings name another one.
pub(super) const ROLES_CLAIM: &str = "roles";

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
    /// The claim with the roles: an array of texts, or a text with spaces between them.
    pub roles_claim: String,
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
            roles_claim: ROLES_CLAIM.into(),
            leeway_s: 5,
        }
    }

    /// Tokens of an identity provider that publishes its keys: RSA, P-256, P-384 or Ed25519.
    pub fn jwks(url: impl Into<String>, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            keys: KeySource::Jwks { url: url.into(), refetch_ms: 60_000, refetch_burst: 3 },
            issuer: Some(issuer.into()),
            audience: Some(audience.into()),
            tenants: Vec::new(),
            roles_claim: ROLES_CLAIM.into(),
            leeway_s: 5,
        }
    }
}

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// One secret shared with the issuer: HS256, nothing else.
    Secret(Secret),
    /// A JSON Web Key Set: RS256 to RS512, PS256 to PS512, ES256, ES384 and EdDSA, each key with one algorithm, nothing else.
    Jwks {
        /// Where it is published: `https`, or `http` on this machine.
        url: String,
        /// An unknown key id makes the edge fetch the set again: once in this time on average, and not twice for the
        /// same id.
        refetch_ms: u64,
        /// Such fetches that may follow each other at once, so that one made-up id keeps no rotated key out.
        refetch_burst: u32,
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
