//! Projections: what follows from the log, in Postgres. The only SQL on them.
//!
//! A projection is a folder: each of its tables is a file with the rows that records make and the queries, side by side.
//! `DROP SCHEMA` and a run from offset 0 restores every row.
//!
//! ```text
//! states/          what deciders load
//! conversations/   what readers see
//!
//! projection.rs    what a projection is: a specification, and rows that records make
//! registry.rs      generations: building, ready, live, retired
//! transaction.rs   rows and progress of several generations in one transaction
//! live.rs          how readers find the live generation
//! ```

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

/// The projections of this program.
pub fn projections() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(states::StatesProjection), Arc::new(conversations::ConversationsProjection)]
}
