//! What a token says, once its signature and its times are known to be good.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use threadline_domain::{Timestamp, UserId};

use super::{AuthError, Identity};

/// Characters of a display name; the rest is cut off.
const NAME_CHARS_MAX: usize = 100;

/// The claims we look at; `iss`, `aud` and `nbf` are checked before and not looked at again.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// Seconds since the epoch.
    exp: f64,
    sub: Option<String>,
    /// Entra ID: the user, the same in every application of the tenant (`sub` differs between them).
    oid: Option<String>,
    /// Entra ID: the tenant.
    tid: Option<String>,
    name: Option<Value>,
    preferred_username: Option<Value>,
}

impl Claims {
    /// The user is `oid` where there is a `tid` with it, otherwise `sub`. With `tenants`, `tid` must be one of them.
    pub(super) fn identity(self, tenants: &[String]) -> Result<Identity, AuthError> {
        if !tenants.is_empty() && !self.tid.as_ref().is_some_and(|tid| tenants.contains(tid)) {
            return Err(AuthError::Refused("the token's tenant is not one of ours"));
        }
        let user = match (&self.oid, &self.tid, &self.sub) {
            (Some(oid), Some(_), _) => oid,
            (_, _, Some(sub)) => sub,
            _ => return Err(AuthError::Refused("the token names no user")),
        };
        let user = UserId::new(user).map_err(|_| AuthError::Refused("the token's user is not a user id"))?;
        let name = [&self.name, &self.preferred_username].into_iter().flatten().find_map(display_name);
        Ok(Identity { user, name, expires_at: Timestamp((self.exp * 1_000.0) as i64) })
    }
}

/// Display names come from people: no control characters, no blank ends, not too long, not empty.
fn display_name(name: &Value) -> Option<Arc<str>> {
    let name: String = name.as_str()?.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.into())
}
