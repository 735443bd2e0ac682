//! What a token allows beside being somebody.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// What the holder of a token is in the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The product's own backend: acts as `service:<sub>`.
    Service,
    /// Decides disputes.
    Mediator,
    /// Works the report queue.
    Moderator,
    /// Operates the system.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Service, Self::Mediator, Self::Moderator, Self::Admin];

    /// As it stands in a token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Mediator => "mediator",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be service, mediator, moderator or admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Whether this role is one of them.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Reads a claim: an array of texts, or a text with spaces between roles. Names of other applications' roles, and
    /// anything else, allow nothing.
    pub(super) fn of_claim(claim: &Value) -> Self {
        match claim {
            Value::String(text) => text.split(' ').filter_map(|name| name.parse().ok()).collect(),
            Value::Array(names) => {
                names.iter().filter_map(Value::as_str).filter_map(|name| name.parse().ok()).collect()
            }
            _ => Self::default(),
        }
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | role.bit()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_stand_in_an_array_or_in_a_text_with_spaces() {
        let both: Roles = [Role::Admin, Role::Mediator].into_iter().collect();
        for claim in [json!(["mediator", "admin", "Chat.Read", 7, null]), json!("admin  other mediator")] {
            assert_eq!(Roles::of_claim(&claim), both, "{claim}");
        }
        assert!(both.contains(Role::Admin) && !both.contains(Role::Service));
    }

    #[test]
    fn what_is_no_role_allows_nothing() {
        for claim in [json!(null), json!(true), json!({"admin": true}), json!("Admin"), json!(["admins", ["admin"]])] {
            assert_eq!(Roles::of_claim(&claim), Roles::default(), "{claim}");
        }
    }
}
