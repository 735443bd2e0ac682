//! Signals between edges: kept for a minute, stored nowhere.

use serde::Serialize;
use threadline_domain::{ThreadId, UserId};
use utoipa::ToSchema;

/// What an edge tells the other edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Someone types, or stopped. Keyed by thread. A start without a stop ends by itself after 5 s.
    Typing {
        /// The thread.
        thread: ThreadId,
        /// Who.
        user: UserId,
        /// Whether it starts.
        active: bool,
    },
    /// Someone's presence on one edge. Keyed by user. Ends when that edge is no longer heard of.
    Presence {
        /// The edge.
        edge: String,
        /// Who.
        user: UserId,
        /// How.
        status: PresenceStatus,
        /// The user's threads: whoever shares one is told.
        threads: Vec<ThreadId>,
    },
    /// An edge lives. Keyed by edge, sent every few seconds.
    EdgeAlive {
        /// The edge.
        edge: String,
        /// Whether it has just started and wants the others' presences again.
        started: bool,
    },
}

/// How present a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    /// No session.
    Offline,
    /// Connected, not looking.
    Away,
    /// Connected and looking.
    Active,
}

impl PresenceStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Offline, Self::Away, Self::Active];

    /// The name used on every wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Away => "away",
            Self::Active => "active",
        }
    }

    /// The status with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}
