//! The end of a connection.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use threadline_wire::CloseCode;
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

/// How long a client may take to take the close frame and answer it.
const CLOSE: Duration = Duration::from_secs(5);
/// How long a connection stays whose client said something unreadable: closing it at once, with bytes unread, could
/// overtake the close frame.
const LINGER: Duration = Duration::from_millis(500);

/// What a failed read means: a frame that may not be, or, with no code, that the client has gone.
pub(super) fn code_of(error: axum::Error) -> Option<CloseCode> {
    let bad = match error.into_inner().downcast_ref::<tungstenite::Error>()? {
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => false,
        tungstenite::Error::Protocol(_) | tungstenite::Error::Capacity(_) | tungstenite::Error::Utf8(_) => true,
        _ => false,
    };
    bad.then_some(CloseCode::BadFrame)
}

/// Closes the connection with this code and waits for the client, within bounds.
pub(super) async fn close(socket: &mut WebSocket, code: CloseCode) {
    metrics::counter!("threadline_edge_closes_total", "code" => code.name()).increment(1);
    let farewell = async {
        let frame = CloseFrame { code: code.number(), reason: code.name().into() };
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        loop {
            match socket.recv().await {
                Some(Ok(_)) => {}
                Some(Err(_)) => return tokio::time::sleep(LINGER).await,
                None => return,
            }
        }
    };
    // A client that takes longer loses the connection as it is.
    let _ = tokio::time::timeout(CLOSE, farewell).await;
}

/// Answers the client's close frame.
pub(super) async fn answer(socket: &mut WebSocket) {
    let _ = tokio::time::timeout(CLOSE, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
}
