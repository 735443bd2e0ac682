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
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claims = json!({"sub": user, "name": user, "iat": now, "exp": now as i64 + ttl_s});
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
        .expect("claims can be signed")
}
