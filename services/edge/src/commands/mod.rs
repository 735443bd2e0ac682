//! The way of commands into the log, and of their outcomes back to the caller or session that waits.
//!
//! A command carries `reply_to: <edge>/<request>`, and its event or its refusal carries the same. The hub reads the tails of
//! the event topics and of `rejections`, and settles the request here.
//!
//! ```text
//! submit ─▶ Pending ─▶ the log ─▶ decider ─▶ event ───▶ happened ─┐
//!                                       └──▶ refusal ─▶ refused ──┴─▶ Waiter
//! ```
//!
//! [`Commands`] is generic: each aggregate has requests of its own type. What all of them share is the [`Appender`].

mod appender;
mod pending;
mod refused;
mod submit;
mod waiter;

pub use appender::Appender;
pub use refused::{NoOutcome, Refused};
pub use submit::Commands;
pub use waiter::CommandResult;
pub(crate) use waiter::{Answer, Answered, Waiter};
