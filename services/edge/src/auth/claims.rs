//! What a token says, once its signature and its times are known to be good.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use threadline_domain::{Actor, ServiceId, Timestamp, UserId, limits, text};

use super::roles::{Role, Roles};
use super::{AuthConfig, AuthError, Identity};

/// The claims by their names, each read when it is needed: what is wrong in one that does not matter refuses no token.
/// `iss`, `aud` and `nbf` are checked before and not looked at again.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Claims(HashMap<String, Box<RawValue>>);

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
    /// The actor is `service:<sub>` with the role service. Otherwise it is the user: `oid`, the same in every application of an
    /// Entra ID tenant, where there is a `tid` with it, and `sub` where not. With tenants in the settings, `tid` must be one
    /// of them.
    pub(super) fn identity(self, naming: &Naming) -> Result<Identity, AuthError> {
        const UNREADABLE: AuthError = AuthError::Refused("the token's exp is not a number");
        let tenants = &naming.tenants;
        let tid = self.text("tid")?;
        if !tenants.is_empty() && !tid.as_ref().is_some_and(|tid| tenants.contains(tid)) {
            return Err(AuthError::Refused("the token's tenant is not one of ours"));
        }
        let roles =
            self.read::<Value>(&naming.roles_claim).map_or_else(Roles::default, |claim| Roles::of_claim(&claim));
        let actor = if roles.contains(Role::Service) { self.service()? } else { self.user(tid.is_some())? };
        let name = |claim| text::displayed_line(&self.read::<String>(claim)?, limits::USER_NAME_CHARS_MAX);
        let name = ["name", "preferred_username"].into_iter().find_map(name).map(Into::into);
        let exp_s = self.read::<f64>("exp").ok_or(UNREADABLE)?;
        Ok(Identity { actor, name, roles, expires_at: Timestamp((exp_s * 1_000.0) as i64) })
    }

    fn user(&self, has_tenant: bool) -> Result<Actor, AuthError> {
        let oid = if has_tenant { self.text("oid")? } else { None };
        let user = match oid {
            Some(oid) => oid,
            None => self.sub()?.ok_or(AuthError::Refused("the token names no user"))?,
        };
        UserId::new(&user).map(Actor::User).map_err(|_| AuthError::Refused("the token's user is not a user id"))
    }

    fn service(&self) -> Result<Actor, AuthError> {
        let sub = self.sub()?.ok_or(AuthError::Refused("the token names no service"))?;
        ServiceId::new(&sub).map(Actor::Service).map_err(|_| AuthError::Refused("the token's sub names no service"))
    }

    /// The subject: a text, or an integer as it is written, for those who number their users.
    fn sub(&self) -> Result<Option<String>, AuthError> {
        let digits = |claim: &&RawValue| claim.get().bytes().all(|byte| byte.is_ascii_digit());
        match self.0.get("sub").map(Box::as_ref).filter(digits) {
            Some(number) => Ok(Some(number.get().to_owned())),
            None => self.text("sub"),
        }
    }

    /// A claim that must be a text, null or absent.
    fn text(&self, claim: &'static str) -> Result<Option<String>, AuthError> {
        const UNREADABLE: AuthError = AuthError::Refused("the token's sub, oid or tid is not a text");
        match self.0.get(claim) {
            Some(value) => serde_json::from_str(value.get()).map_err(|_| UNREADABLE),
            None => Ok(None),
        }
    }

    /// A claim of this type; none where it is of another one, or cannot be read.
    fn read<T: DeserializeOwned>(&self, claim: &str) -> Option<T> {
        serde_json::from_str(self.0.get(claim)?.get()).ok()
    }
}
