//! Development tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use crate::config::{Config, Error, kept_secret};

/// What a token says.
#[derive(Clone, Debug, Serialize)]
struct Claims<'a> {
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

/// Makes tokens that our edges take: signed with the secret in force, or with the one that dev mode keeps.
#[derive(Clone)]
pub struct Mint {
    key: EncodingKey,
    issuer: Option<String>,
    audience: Option<String>,
}

impl Mint {
    /// Fails when nobody has a secret: tokens then come from the identity provider.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let secret = config.jwt_secret.clone().or_else(|| kept_secret(&config.directory)).ok_or_else(|| {
            let place = config.directory.display();
            Error(format!(
                "no secret: set THREADLINE_JWT_SECRET, or start `threadline dev` once (it keeps one in {place})"
            ))
        })?;
        let (issuer, audience) = config.jwt_claims.clone();
        Ok(Self { key: EncodingKey::from_secret(secret.as_bytes()), issuer, audience })
    }

    /// A token for this user, good for `ttl` from now.
    pub fn token(&self, user: &str, name: Option<&str>, ttl: Duration) -> Result<String, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let claims = Claims {
            sub: user,
            name,
            iat: now,
            exp: now + ttl.as_secs(),
            iss: self.issuer.as_deref(),
            aud: self.audience.as_deref(),
        };
        jsonwebtoken::encode(&Header::default(), &claims, &self.key).map_err(|error| Error(error.to_string()))
    }
}

/// Reads `90s`, `15m`, `1h`, `7d`, or seconds.
pub fn parse_ttl(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("a time such as 90s, 15m, 1h or 7d".into()),
    };
    let count: u64 = digits.parse().map_err(|_| "a time such as 90s, 15m, 1h or 7d".to_owned())?;
    count.checked_mul(unit_seconds).map(Duration::from_secs).ok_or_else(|| "too long".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("1h", 3_600), ("7d", 604_800)] {
            assert_eq!(parse_ttl(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "1w", "-1h", "1 h", "99999999999999999d"] {
            assert!(parse_ttl(text).is_err(), "{text}");
        }
    }
}
