//! Which tokens are taken, `auth.*`.

use threadline_edge::auth::{AuthConfig, JwksConfig, KeySource, SECRET_BYTES_MIN};

use super::urls::without_password;
use super::{BYTES, WAIT_MS};
use crate::config::TokenClaims;
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

const DAY_MS: u64 = 24 * 3_600_000;

pub(super) struct Read {
    pub(super) auth: Option<AuthConfig>,
    pub(super) claims: TokenClaims,
}

pub(super) fn read(from: &mut Reader) -> Result<Read, Error> {
    let secret = from.secret(
        named("auth.jwt_secret", "The secret of HS256 tokens, for development; without it `threadline dev` draws one."),
        &format!("at least {SECRET_BYTES_MIN} bytes"),
        |secret| secret.len() >= SECRET_BYTES_MIN,
    )?;
    let jwks = jwks(from)?;
    let issuer =
        from.optional::<String>(named("auth.issuer", "The `iss` that tokens must have; needed with a key set."))?;
    let audience =
        from.optional::<String>(named("auth.audience", "The `aud` that tokens must name; needed with a key set."))?;
    let mut auth = match (secret, jwks) {
        (Some(_), Some(_)) => return Err(from.refusal("auth.jwks_url", "unset when auth.jwt_secret is set")),
        (_, Some(_)) if issuer.is_none() => return Err(from.refusal("auth.issuer", "set when auth.jwks_url is")),
        (_, Some(_)) if audience.is_none() => return Err(from.refusal("auth.audience", "set when auth.jwks_url is")),
        (Some(secret), None) => Some(AuthConfig::secret(secret)),
        (None, Some(jwks)) => Some(AuthConfig { keys: KeySource::Jwks(jwks), ..AuthConfig::secret(Vec::new()) }),
        (None, None) => None,
    };
    let common = common(from, issuer, audience)?;
    if let Some(auth) = &mut auth {
        *auth = AuthConfig { keys: auth.keys.clone(), ..common.clone() };
    }
    let AuthConfig { issuer, audience, roles_claim: roles, .. } = common;
    Ok(Read { auth, claims: TokenClaims { issuer, audience, roles } })
}

fn jwks(from: &mut Reader) -> Result<Option<JwksConfig>, Error> {
    let url = from.optional_text(
        named("auth.jwks_url", "Where the identity provider publishes its keys."),
        "an https URL (or http on this machine)",
        |url| url.starts_with("https://") || url.starts_with("http://"),
        without_password,
    )?;
    let is_used = url.is_some();
    let mut jwks = JwksConfig::new(url.unwrap_or_default());
    from.milliseconds(
        &mut jwks.refetch,
        1..=DAY_MS,
        named(
            "auth.jwks_refetch_ms",
            "An unknown key id makes an edge fetch the key set again: once in this time on average.",
        ),
    )?;
    from.number(
        &mut jwks.refetch_burst,
        1..=1_000,
        named("auth.jwks_refetch_burst", "Such fetches that may follow each other at once."),
    )?;
    from.milliseconds(
        &mut jwks.refresh,
        1..=DAY_MS,
        named("auth.jwks_refresh_ms", "The age from which a key set is fetched again; the old one is used meanwhile."),
    )?;
    from.milliseconds(
        &mut jwks.fetch_timeout,
        WAIT_MS,
        named("auth.jwks_fetch_timeout_ms", "How long one fetch of the key set may take."),
    )?;
    from.number(
        &mut jwks.set_bytes_max,
        BYTES,
        named("auth.jwks_bytes_max", "Bytes of a key set; a larger one is refused, and the last good one stays."),
    )?;
    from.number(
        &mut jwks.keys_max,
        1..=10_000,
        named("auth.jwks_keys_max", "Keys of a key set; further ones are not looked at."),
    )?;
    Ok(is_used.then_some(jwks))
}

/// What holds for tokens of any source; the keys are nobody's.
fn common(from: &mut Reader, issuer: Option<String>, audience: Option<String>) -> Result<AuthConfig, Error> {
    let mut common = AuthConfig { issuer, audience, ..AuthConfig::secret(Vec::new()) };
    common.tenants = from.list(
        named(
            "auth.tenants",
            "The `tid` (Entra ID tenants) that tokens must have one of; none takes every tenant of the issuer.",
        ),
        "a tenant's id",
        |_| true,
    )?;
    from.value(&mut common.roles_claim, named("auth.roles_claim", "The claim with a token's roles."))?;
    if common.roles_claim.trim().is_empty() {
        return Err(from.refusal("auth.roles_claim", "the name of a claim, such as roles"));
    }
    from.seconds(
        &mut common.leeway,
        0..=3_600,
        named("auth.leeway_s", "How far the clocks of issuers and edges may differ."),
    )?;
    from.number(&mut common.token_bytes_max, 1_024..=16_384, named("auth.token_bytes_max", "Bytes of a token."))?;
    Ok(common)
}
