//! WebSocket sessions: one task a connection, from hello to the close frame.

pub(crate) mod answer;
mod closing;
mod hello;
mod message;
mod meter;
mod missed;
mod open;
mod protocols;
mod requests;
mod resume;
mod session;

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use protocols::Offered;
use serde::Deserialize;
use threadline_wire::ErrorCode;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::error::Problem;
use crate::origin;
use crate::proxy::Peer;
use crate::state::Edge;

/// What a client that cannot send a hello says in the address, or the token among the protocols that it offers.
#[derive(Deserialize)]
pub(crate) struct Parameters {
    token: Option<String>,
    cursor: Option<String>,
}

/// Turns a request into a session. Web pages of other origins are refused before.
pub(crate) async fn upgrade(
    State(edge): State<Arc<Edge>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    on_upgrade: Option<Extension<OnUpgrade>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Err(refused) = origin::check(&edge.config, peer.map(|Extension(peer)| peer), &headers) {
        return refused.into();
    }
    let Ok(Query(mut parameters)) = parameters else {
        return Problem::field("query", "is not token and cursor, each at most once").into();
    };
    let offered = match Offered::read(&headers) {
        Ok(offered) => offered,
        Err(wrong) => return Problem::field("Sec-WebSocket-Protocol", wrong).into(),
    };
    if let Some(token) = offered.token
        && parameters.token.replace(token).is_some()
    {
        return Problem::field("token", "must be given once: in the address or in Sec-WebSocket-Protocol").into();
    }
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
    let protocol =
        offered.is_ours.then_some((header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols::OURS)));
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(accept).unwrap_or(HeaderValue::from_static(""))),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, AppendHeaders(protocol)).into_response()
}
