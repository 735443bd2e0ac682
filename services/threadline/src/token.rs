//! Development tokens.

use std::time::Duration;

use threadline_domain::{ServiceId, UserId};
use threadline_edge::auth::{Mint, Role, Subject};
use threadline_edge::clock;

use crate::config::{Config, Error, kept_secret};

/// Makes tokens that our edges take: signed with the secret in force, or with the one that dev mode keeps. Fails when
/// there is no secret, and when tokens come from an identity provider.
pub fn mint(config: &Config) -> Result<Mint, Error> {
    let auth = match &config.auth {
        Some(auth) => auth.clone(),
        None => config.secret_auth(kept_secret(&config.directory).ok_or_else(|| {
            let place = config.directory.display();
            Error::Missing(format!(
                "no secret: set THREADLINE_JWT_SECRET, or start `threadline dev` once (it keeps one in {place})"
            ))
        })?),
    };
    Mint::new(&auth)
        .ok_or_else(|| Error::Missing("tokens come from the identity provider: auth.jwks_url is set".into()))
}

/// A token for this subject, good for `ttl` from now on. Fails for a subject that no edge would take.
pub fn token(mint: &Mint, subject: Subject<'_>, ttl: Duration) -> Result<String, Error> {
    let (option, checked) = if subject.roles.contains(&Role::Service) {
        ("a service's name", ServiceId::new(subject.id).map(drop))
    } else {
        ("a user's id", UserId::new(subject.id).map(drop))
    };
    checked.map_err(|reason| Error::Missing(format!("--user {:?} is not {option}: {reason}", subject.id)))?;
    let minted = mint.token(subject, clock::now(), ttl.as_secs());
    minted.map(|minted| minted.token).map_err(|error| Error::Missing(error.to_string()))
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
    use threadline_edge::auth::AuthConfig;

    use super::*;

    #[test]
    fn a_token_that_no_edge_would_take_is_not_made() {
        let mint = Mint::new(&AuthConfig::secret([7; 32])).unwrap();
        let made = |id, roles: &[Role]| token(&mint, Subject { id, name: None, roles }, Duration::from_mins(1));
        assert!(made("ann", &[Role::Admin]).is_ok() && made("shop", &[Role::Service]).is_ok());
        for (id, roles) in [("", &[] as &[Role]), ("service:shop", &[]), ("a b", &[Role::Service])] {
            let error = made(id, roles).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--user {id:?} is not a")), "{error}");
        }
    }

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
