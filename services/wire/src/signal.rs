//! Signals between edges: kept for a minute, stored nowhere (decision 22).

use serde::Serialize;
use threadline_domain::{ThreadId, UserId};
use utoipa::ToSchema;

/// A signal from an edge to the other edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A user types, or stopped. Keyed by thread. A start without a stop ends by itself after 5 s.
    Typing { thread: ThreadId, user: UserId, active: bool },
    /// A user's presence on one edge. Keyed by user. Ends when that edge sends no more signals.
    Presence {
        edge: String,
        user: UserId,
        status: PresenceStatus,
        /// The user's threads; their members are told.
        threads: Vec<ThreadId>,
    },
    /// An edge is alive. Keyed by edge, sent every few seconds.
    EdgeAlive {
        edge: String,
        /// Whether it has just started and asks for the others' presences.
        started: bool,
    },
}

/// A user's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    /// The user has no session.
    Offline,
    /// Connected, not looking.
    Away,
    /// Connected and looking.
    Active,
}

impl PresenceStatus {
    pub const ALL: [Self; 3] = [Self::Offline, Self::Away, Self::Active];

    /// Returns the name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Away => "away",
            Self::Active => "active",
        }
    }

    /// Returns the status with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}
