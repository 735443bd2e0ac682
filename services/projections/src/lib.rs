//! Read models in Postgres: one file a view, its `apply` and its queries side by side. The only SQL on views.
//!
//! Everything here follows from the log: `DROP SCHEMA` and a run of the projector from offset 0 restores every row.

mod awaited;
mod batch;
mod checksums;
mod dead_letters;
mod deciding;
mod error;
mod lost;
mod members;
mod messages;
mod model;
mod positions;
mod reads;
mod roster;
mod rows;
mod schema;
mod store;
mod threads;
mod timeline;
mod users;

pub use batch::{Batch, Records};
pub use deciding::Deciding;
pub use error::Error;
pub use model::*;
pub use roster::{Entered, ROSTER_SCHEMA, Roster, RosterConfig};
pub use schema::SCHEMA;
pub use store::Views;
