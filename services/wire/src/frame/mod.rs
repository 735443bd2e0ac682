//! Client and server frames of `/ws`: one JSON object in each text frame.

mod client;
mod description;
mod requests;
mod results;
mod server;

pub use client::{ClientFrame, FrameError, Request};
pub use description::description;
pub use results::{AuthResult, DoneResult, OkResult, ReadResult};
pub use server::{
    Limits, drain, error, event_frame, ok, pong, presence, presence_count, read, resync, token_expiring, typing,
    typing_count, welcome,
};

pub use crate::RequestError;
