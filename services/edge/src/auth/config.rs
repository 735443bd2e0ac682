//! Which tokens are taken.

use std::fmt;
use std::time::Duration;

/// The claim with a token's roles, unless the settings name another one.
pub(super) const ROLES_CLAIM: &str = "roles";
/// Bytes of a token, unless the settings say otherwise.
const TOKEN_BYTES_MAX: usize = 8_192;
/// Bytes of a secret, as HS256 demands.
pub const SECRET_BYTES_MIN: usize = 32;

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
    pub leeway: Duration,
    /// Bytes of a token.
    pub token_bytes_max: usize,
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
            leeway: Duration::from_secs(5),
            token_bytes_max: TOKEN_BYTES_MAX,
        }
    }

    /// Tokens of an identity provider that publishes its keys: RSA, P-256, P-384 or Ed25519.
    pub fn jwks(url: impl Into<String>, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            keys: KeySource::Jwks(JwksConfig::new(url)),
            issuer: Some(issuer.into()),
            audience: Some(audience.into()),
            tenants: Vec::new(),
            roles_claim: ROLES_CLAIM.into(),
            leeway: Duration::from_secs(5),
            token_bytes_max: TOKEN_BYTES_MAX,
        }
    }
}

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// One secret shared with the issuer: HS256, nothing else.
    Secret(Secret),
    /// A JSON Web Key Set: RS256 to RS512, PS256 to PS512, ES256, ES384 and EdDSA, each key with one algorithm, nothing else.
    Jwks(JwksConfig),
}

/// A published key set, and how it is fetched.
#[derive(Clone)]
pub struct JwksConfig {
    /// Where it is published: `https`, or `http` on this machine.
    pub url: String,
    /// An unknown key id makes the edge fetch the set again: once in this time on average, and not twice for the
    /// same id.
    pub refetch: Duration,
    /// Such fetches that may follow each other at once, so that one made-up id keeps no rotated key out.
    pub refetch_burst: u32,
    /// A set older than this is fetched anew beside the requests that go on using it, so that a revoked key goes.
    pub refresh: Duration,
    /// How long one fetch may take, from connecting to its last byte.
    pub fetch_timeout: Duration,
    /// Bytes of a key set; a larger one is refused.
    pub set_bytes_max: usize,
    /// Keys of a key set; further ones are not looked at.
    pub keys_max: usize,
}

impl JwksConfig {
    /// The defaults, for the set published there.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            refetch: Duration::from_mins(1),
            refetch_burst: 3,
            refresh: Duration::from_mins(10),
            fetch_timeout: Duration::from_secs(5),
            set_bytes_max: 256 * 1024,
            keys_max: 64,
        }
    }
}

/// Leaves the URL out: it may hold a password.
impl fmt::Debug for JwksConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksConfig").field("refetch", &self.refetch).finish_non_exhaustive()
    }
}

/// Bytes that are never printed: at least [`SECRET_BYTES_MIN`].
#[derive(Clone)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}
