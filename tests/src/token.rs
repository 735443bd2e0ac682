//! Tokens for the people of a test.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

/// The HS256 secret of every edge under test.
pub const SECRET: &str = "a-secret-for-tests-of-at-least-32-bytes";

/// A token for this user, good for an hour.
pub fn token(user: &str) -> String {
    token_for(user, 3600)
}

/// A token for this user, good for so many seconds.
pub fn token_for(user: &str, ttl_s: i64) -> String {
    signed(user, ttl_s, &[])
}

/// A token with these roles, good for an hour; with the role service, of the service of this name.
pub fn token_with(user: &str, roles: &[&str]) -> String {
    signed(user, 3600, roles)
}

/// A token without a display name, good for an hour.
pub fn token_without_name(user: &str) -> String {
    signed_with(user, 3600, &[], None)
}

fn signed(sub: &str, ttl_s: i64, roles: &[&str]) -> String {
    signed_with(sub, ttl_s, roles, Some(sub))
}

fn signed_with(sub: &str, ttl_s: i64, roles: &[&str], name: Option<&str>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claims = json!({"sub": sub, "name": name, "iat": now, "exp": now as i64 + ttl_s, "roles": roles});
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
        .expect("claims can be signed")
}
