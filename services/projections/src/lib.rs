//! Projections: read models in Postgres, built from the log. The only SQL on them.
//!
//! Start at [`Projection`] and [`project`]. A projection is a folder; each of its tables is a file with the rows that
//! records make and the queries, side by side. `DROP SCHEMA` and a run from offset 0 restores every row.
//!
//! ```text
//! states/          what deciders load
//! conversations/   what readers see
//!
//! projection.rs    the trait: a specification, and the rows that records make
//! transaction.rs   rows and progress of several generations in one transaction
//! registry.rs      generations: building, ready, live, retired, withdrawn
//! live.rs          how readers find the live generation
//! roster.rs        which roles run, and which schemas all of them read
//! ```
//!
//! ```text
//! projector ─▶ Batch of entries ─▶ Rows::add ... Rows::apply ─┐ one transaction
//!                                  positions: from -> to ─────┘ compare-and-set
//! decider ─▶ States::load    edge ─▶ Conversations::threads, messages, timeline ...   (from the live generation)
//! ```
//!
//! What holds:
//! - The rows at a progress depend on the records below it and on nothing else.
//! - A projection belongs to one log, and to the version of the program that made its tables.
//! - Texts stay sealed.
//!
//! What is never here: side effects, decisions, keys. Decisions 12 (`states`), 13 (generations), 14 (lanes), 15
//! (inbox).

mod awaited;
mod checksums;
mod conversations;
mod dead_letters;
mod entry;
mod error;
mod feed;
mod generation;
mod live;
mod positions;
mod progress;
mod projection;
mod registry;
mod roster;
mod rows;
mod schema;
mod states;
mod transaction;

use std::sync::Arc;

pub use conversations::*;
pub use dead_letters::Letter;
pub use entry::{Entry, Lost, Mark, Recorded};
pub use error::Error;
pub use feed::Feed;
pub use generation::{Generation, NotAState, State};
pub use progress::Progress;
pub use projection::{Applying, Lock, Projection, Rows, Spec};
pub use registry::{REGISTRY_SCHEMA, RebuildAlone, Registry, SwapError};
pub use roster::{Entered, ROSTER_SCHEMA, Roster, RosterConfig};
pub use schema::Schema;
pub use states::{Loaded, States};
pub use transaction::{Batch, ProjectError, Share, project};

/// Returns the projections of this program.
pub fn projections() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(states::StatesProjection), Arc::new(conversations::ConversationsProjection)]
}
