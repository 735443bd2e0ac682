//! What a token says, once its signature and its times are known to be good.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use threadline_domain::{Actor, ServiceId, Timestamp, UserId};

use super::roles::{Role, Roles};
use super::{AuthConfig, AuthError, Identity};

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
    /// The rest; the roles stand in a claim that the settings name.
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What of the settings decides whom claims name.
pub(super) struct Naming {
    tenants: Vec<String>,
    roles_claim: String,
}

impl Naming {
    pub(super) fn new(config: &AuthConfig) -> Self {
        Self { tenants: config.tenants.clone(), roles_claim: config.roles_claim.clone() }
    }
}

impl Claims {
    /// The actor is `service:<sub>` with the role service. Otherwise it is the user `oid` where there is a `tid` with it,
    /// and `sub` where not. With tenants in the settings, `tid` must be one of them.
    pub(super) fn identity(self, naming: &Naming) -> Result<Identity, AuthError> {
        let tenants = &naming.tenants;
        if !tenants.is_empty() && !self.tid.as_ref().is_some_and(|tid| tenants.contains(tid)) {
            return Err(AuthError::Refused("the token's tenant is not one of ours"));
        }
        let roles = self.others.get(&naming.roles_claim).map_or_else(Roles::default, Roles::of_claim);
        let actor = if roles.contains(Role::Service) { self.service()? } else { self.user()? };
        let name = [&self.name, &self.preferred_username].into_iter().flatten().find_map(display_name);
        Ok(Identity { actor, name, roles, expires_at: Timestamp((self.exp * 1_000.0) as i64) })
    }

    fn user(&self) -> Result<Actor, AuthError> {
        let user = match (&self.oid, &self.tid, &self.sub) {
            (Some(oid), Some(_), _) => oid,
            (_, _, Some(sub)) => sub,
            _ => return Err(AuthError::Refused("the token names no user")),
        };
        UserId::new(user).map(Actor::User).map_err(|_| AuthError::Refused("the token's user is not a user id"))
    }

    fn service(&self) -> Result<Actor, AuthError> {
        let sub = self.sub.as_deref().ok_or(AuthError::Refused("the token names no service"))?;
        ServiceId::new(sub).map(Actor::Service).map_err(|_| AuthError::Refused("the token's sub names no service"))
    }
}

/// Display names come from people: no control characters, no blank ends, not too long, not empty.
fn display_name(name: &Value) -> Option<Arc<str>> {
    let name: String = name.as_str()?.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.into())
}
