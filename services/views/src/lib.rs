//! Read models in Postgres: one file a view, its `apply` and its queries side by side. The only SQL on views.
//!
//! Everything here follows from the log: `DROP SCHEMA` and a run of the projector from offset 0 restores every row.

mod error;
mod model;
mod store;

pub use error::Error;
pub use model::*;
pub use store::Views;
