//! WebSocket sessions: one task a connection, from hello to the close frame.

pub(crate) mod answer;
mod closing;
mod hello;
mod message;
mod open;
mod requests;
mod resume;
mod session;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use threadline_wire::ErrorCode;

use crate::error::Problem;
use crate::origin;
use crate::state::Edge;

/// What a connection reads at once.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// What is gathered before it is written.
const WRITE_BUFFER_BYTES: usize = 8 * 1024;
/// What is gathered while the client does not read: one frame more than the above, of any size an event can have.
const WRITE_BUFFER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a client that cannot send a hello says in the address.
#[derive(Deserialize)]
pub struct Parameters {
    token: Option<String>,
    cursor: Option<String>,
}

/// Turns a request into a session. Web pages of other origins are refused before.
pub async fn upgrade(
    State(edge): State<Arc<Edge>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Err(refused) = origin::check(&edge.config, &headers) {
        return refused.into();
    }
    let Ok(Query(parameters)) = parameters else {
        return Problem::field("query", "is not token and cursor, each at most once").into();
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Problem::field("Upgrade", rejection.body_text()).into(),
    };
    if edge.hub.draining().is_cancelled() {
        return Problem::new(ErrorCode::Unavailable, "the edge takes no more sessions").into();
    }
    let frame_bytes_max = edge.config.sessions.frame_bytes_max;
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_frame_size(frame_bytes_max)
        .max_message_size(frame_bytes_max)
        .on_upgrade(move |socket| session::run(edge, socket, parameters))
}
