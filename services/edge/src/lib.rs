//! The edge: HTTP and WebSocket on one side, the log and the projections on the other.
//!
//! Start at [`run`], then `ws/session.rs` (a socket's life), `http/messages.rs` (a route) and `hub` (from the log to
//! sockets).
//!
//! ```text
//! request ─▶ ws | http ─▶ auth, rate ─▶ json ─▶ sealing ─▶ commands ─▶ log
//!                             │                    ▲           │ waits for reply_to
//!                             └ reads ─▶ projections           │
//! log ─▶ tails ─▶ hub (driver of threadline_hub) ─▶ outcome to the waiter; frames to the sockets of members
//! ```
//!
//! | module | does |
//! |---|---|
//! | `serve` | listeners, connections, bounds, shutdown |
//! | [`ws`], [`http`], `page` | what clients speak |
//! | [`auth`], [`rate`], `origin` | who may ask, how much, from which page |
//! | [`commands`], `sealing`, `names` | appends commands and facts, and settles requests |
//! | [`hub`], [`signals`] | delivers events, read marks, typing and presence |
//! | `answers` | room for large answers (decision 23) |
//! | [`aggregates`] | the aggregates that this edge serves (decision 21) |
//!
//! What holds:
//! - An edge keeps nothing that another edge could not rebuild: any edge serves any client and any cursor (decision
//!   18).
//! - The sender's event is queued before its `ok`, and an `ok` means that the event came back through the log.
//! - Only `error.rs` knows status codes of HTTP.
//!
//! What is never here: rules, SQL, Avro, a broker's client.

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
