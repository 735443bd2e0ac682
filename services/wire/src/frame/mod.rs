//! Client and server frames of `/ws`: one JSON object a text frame.

mod client;
mod server;

pub use client::{ClientFrame, FrameError, Request};
pub use server::{
    Limits, drain, error, event_frame, ok, pong, presence, read, resync, token_expiring, typing, welcome,
};

pub use crate::RequestError;
