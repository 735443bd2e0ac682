//! A generation: one copy of a projection's tables, in a schema of its own.

use std::fmt;
use std::str::FromStr;

use crate::Schema;

/// One copy of a projection's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    pub name: String,
    /// 1, 2, 3 … for each projection.
    pub number: u32,
    /// The version of its tables.
    pub version: u32,
    /// The schema that holds them.
    pub schema: Schema,
    pub state: State,
    /// The log that it was made from; `None` until it follows one.
    pub log: Option<String>,
}

/// The state of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A rebuild fills it.
    Building,
    /// It is filled; projectors feed it, and it can be swapped in.
    Ready,
    /// Projectors feed it, and readers read it. Each projection has at most one.
    Live,
    /// It was live before the last swap. Projectors still feed it, so that a rollback is possible at once. Each
    /// projection has at most one.
    Retired,
    /// A rollback replaced it. Projectors still feed it, so that it can be swapped in again; the next rebuild drops it.
    Withdrawn,
}

impl State {
    const ALL: [Self; 5] = [Self::Building, Self::Ready, Self::Live, Self::Retired, Self::Withdrawn];

    /// Returns its name in the registry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Live => "live",
            Self::Retired => "retired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether projectors feed such a generation.
    pub const fn is_fed(self) -> bool {
        !matches!(self, Self::Building)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not a state's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAState;

impl FromStr for State {
    type Err = NotAState;

    fn from_str(name: &str) -> Result<Self, NotAState> {
        Self::ALL.into_iter().find(|state| state.name() == name).ok_or(NotAState)
    }
}
