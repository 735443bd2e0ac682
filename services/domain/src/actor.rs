//! Who acts: a person, or the product's own backend.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::ids::SERVICE_PREFIX;
use crate::text::Invalid;
use crate::{UserId, limits};

/// Who asks for something, or caused it. Written as the user id, or as `service:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    User(UserId),
    /// The product's own backend. It is a member of no thread and may look after all of them.
    Service(ServiceId),
}

impl Actor {
    /// Returns the person, unless it is a service.
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Service(_) => None,
        }
    }

    /// Returns the user id, or `service:<name>`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(user) => user.as_str(),
            Self::Service(service) => &service.0,
        }
    }

    /// Whether it is this person.
    pub fn is(&self, user: &UserId) -> bool {
        self.user() == Some(user)
    }
}

impl From<UserId> for Actor {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Actor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix(SERVICE_PREFIX) {
            Some(name) => ServiceId::new(name).map(Self::Service),
            None => UserId::new(text).map(Self::User),
        }
    }
}

/// A service, named by the subject of its token: 1 to 128 characters, no white space, no control characters.
/// Kept and written with the prefix `service:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(Arc<str>);

impl ServiceId {
    /// Takes the name of a service, without the prefix `service:`.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        crate::text::check_id(name, limits::USER_ID_CHARS_MAX)?;
        Ok(Self(format!("{SERVICE_PREFIX}{name}").into()))
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_reads_back_from_its_text() {
        for text in ["ann", "service:backend", "service:a:b", "Service:x"] {
            assert_eq!(text.parse::<Actor>().map(|actor| actor.to_string()), Ok(text.to_owned()));
        }
        assert!(matches!("service:backend".parse(), Ok(Actor::Service(_))));
        assert!(matches!("services".parse(), Ok(Actor::User(_))));
    }

    #[test]
    fn no_person_is_taken_for_a_service() {
        assert_eq!(UserId::new("service:backend"), Err(Invalid::Reserved));
        assert_eq!("service:".parse::<Actor>(), Err(Invalid::Empty));
        assert_eq!("service:a b".parse::<Actor>(), Err(Invalid::IdCharacter));
    }
}
