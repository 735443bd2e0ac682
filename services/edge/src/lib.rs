//! The edge: HTTP and WebSocket on one side, the log and the projections on the other.
//!
//! A request becomes a command in the log; its event comes back through the log's tail and answers the request. An edge
//! keeps nothing that another edge could not rebuild: any edge serves any client.

pub mod aggregates;
mod answers;
mod asyncapi;
pub mod auth;
pub mod clock;
pub mod commands;
pub mod config;
mod display_names;
pub mod error;
mod headers;
pub mod health;
pub mod http;
pub mod hub;
pub mod metrics;
mod openapi;
pub mod origin;
mod page;
mod proxy;
pub mod rate;
mod registry;
mod sealing;
mod serve;
mod session;
pub mod signals;
mod socket;
mod state;
mod trace;
pub mod ws;

pub use config::EdgeConfig;
pub use error::Error;
pub use serve::{Listeners, run, serve, serve_following, serve_operations};
pub use state::{Deps, Edge};
