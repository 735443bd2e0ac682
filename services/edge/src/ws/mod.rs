//! WebSocket sessions: one task a connection, from hello to the close frame.

pub(crate) mod answer;
mod closing;
mod hello;
mod message;
mod meter;
mod missed;
mod open;
mod requests;
mod resume;
mod session;

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use serde::Deserialize;
use threadline_wire::ErrorCode;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::error::Problem;
use crate::origin;
use crate::state::Edge;

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
    on_upgrade: Option<Extension<OnUpgrade>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Err(refused) = origin::check(&edge.config, &headers) {
        return refused.into();
    }
    let Ok(Query(parameters)) = parameters else {
        return Problem::field("query", "is not token and cursor, each at most once").into();
    };
    if let Err(rejection) = upgrade {
        return Problem::field("Upgrade", rejection.body_text()).into();
    }
    let (Some(Extension(on_upgrade)), Some(key)) = (on_upgrade, headers.get(header::SEC_WEBSOCKET_KEY)) else {
        return Problem::field("Upgrade", "is not possible on this connection").into();
    };
    if edge.hub.draining().is_cancelled() {
        return Problem::new(ErrorCode::Unavailable, "the edge takes no more sessions").into();
    }
    let accept = derive_accept_key(key.as_bytes());
    tokio::spawn(session::run(edge, on_upgrade, parameters));
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(accept).unwrap_or(HeaderValue::from_static(""))),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}
