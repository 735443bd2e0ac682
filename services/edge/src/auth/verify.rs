//! From a token to the user it names.

use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use threadline_domain::{Actor, Timestamp, UserId};

use super::claims::{Claims, Naming};
use super::config::SECRET_BYTES_MIN;
use super::jwks::Jwks;
use super::roles::Roles;
use super::{AuthConfig, KeySource};

/// Who a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user, or the product's own backend.
    pub actor: Actor,
    /// The display name, if the token has one.
    pub name: Option<Arc<str>>,
    /// What it allows beside.
    pub roles: Roles,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Identity {
    /// The user, unless it is a service.
    pub const fn user(&self) -> Option<&UserId> {
        self.actor.user()
    }
}

/// Why a token is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// It is refused; the text says why without repeating it.
    #[error("{0}")]
    Refused(&'static str),
    /// It was good and has ended; a new one will do.
    #[error("the token has expired")]
    Expired,
    /// The identity provider's keys were never reached; worth a retry.
    #[error("the identity provider's keys cannot be fetched")]
    Unavailable,
}

/// Checks tokens.
pub struct Auth {
    keys: Keys,
    naming: Naming,
    token_bytes_max: usize,
}

enum Keys {
    Secret {
        key: DecodingKey,
        validation: Validation,
    },
    /// The algorithm is that of the key.
    Jwks {
        set: Arc<Jwks>,
        validation: Validation,
    },
}

impl Auth {
    /// For these tokens. Fails with a line that says what is wrong with the configuration.
    pub fn new(config: &AuthConfig) -> Result<Self, String> {
        let keys = match &config.keys {
            KeySource::Secret(secret) => {
                if secret.0.len() < SECRET_BYTES_MIN {
                    return Err(format!("the token secret must have at least {SECRET_BYTES_MIN} bytes"));
                }
                let validation = validation(config, Algorithm::HS256);
                Keys::Secret { key: DecodingKey::from_secret(&secret.0), validation }
            }
            KeySource::Jwks(jwks) => {
                if config.issuer.is_none() || config.audience.is_none() {
                    return Err("a key set needs an issuer and an audience: it signs for other applications too".into());
                }
                let set = Arc::new(Jwks::new(jwks)?);
                Keys::Jwks { set, validation: validation(config, Algorithm::default()) }
            }
        };
        Ok(Self { keys, naming: Naming::new(config), token_bytes_max: config.token_bytes_max })
    }

    /// Who a token speaks for.
    pub async fn verify(&self, token: &str) -> Result<Identity, AuthError> {
        if token.len() > self.token_bytes_max {
            return Err(AuthError::Refused("the token is too long"));
        }
        let claims = match &self.keys {
            Keys::Secret { key, validation } => decode(token, key, validation)?,
            Keys::Jwks { set, validation } => {
                let header = jsonwebtoken::decode_header(token).map_err(|error| refused(&error))?;
                let key = match &header.kid {
                    Some(kid) => set.key(kid).await?,
                    None => set.only_key().await?,
                };
                // The key says which algorithm it is for; the token's header has no say.
                let validation = Validation { algorithms: vec![key.algorithm], ..validation.clone() };
                decode(token, &key.decoding, &validation)?
            }
        };
        claims.identity(&self.naming)
    }
}

fn validation(config: &AuthConfig, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = config.leeway.as_secs();
    validation.validate_nbf = true;
    let mut required = vec!["exp"];
    if let Some(issuer) = &config.issuer {
        validation.set_issuer(&[issuer]);
        required.push("iss");
    }
    if let Some(audience) = &config.audience {
        validation.set_audience(&[audience]);
        required.push("aud");
    }
    validation.set_required_spec_claims(&required);
    validation
}

fn decode(token: &str, key: &DecodingKey, validation: &Validation) -> Result<Claims, AuthError> {
    let data = jsonwebtoken::decode(token, key, validation).map_err(|error| refused(&error))?;
    // Its issuer demands that whoever does not know these fields refuses the token, and we know none (RFC 7515, 4.1.11).
    if data.header.crit.is_some() {
        return Err(AuthError::Refused("the token's crit names what is not known here"));
    }
    Ok(data.claims)
}

fn refused(error: &jsonwebtoken::errors::Error) -> AuthError {
    AuthError::Refused(match error.kind() {
        ErrorKind::ExpiredSignature => return AuthError::Expired,
        ErrorKind::ImmatureSignature => "the token is not valid yet",
        ErrorKind::InvalidIssuer => "the token's issuer is not ours",
        ErrorKind::InvalidAudience => "the token is not for us",
        ErrorKind::InvalidAlgorithm => "the token's algorithm is not the one agreed",
        ErrorKind::InvalidSignature => "the token's signature is wrong",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks one of exp, iss, aud",
        _ => "the token cannot be read",
    })
}
