//! The end of a connection.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use threadline_wire::CloseCode;
use tokio::io::ReadBuf;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as Number;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::CloseFrame};

use super::message::Messages;
use crate::metrics;
use crate::session::SessionHandle;

/// How long a client may take to take the close frame and answer it.
const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// How long a connection stays after the last bytes from a client that said something unreadable. Closing it with bytes
/// unread would reset it, and the reset could overtake the close frame.
const LINGER_WAIT: Duration = Duration::from_millis(500);
/// What is read at once, to be dropped.
const DISCARD_BYTES: usize = 16 * 1024;

/// What a failed read means: a frame that may not be, too many of them, or, with no code, that the client has gone.
pub(super) fn code_of(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) => Some(CloseCode::BadFrame),
        Error::Io(error) if error.kind() == ErrorKind::QuotaExceeded => Some(CloseCode::Rate),
        _ => None,
    }
}

/// Closes the connection with this code and waits for the client, within bounds.
pub(super) async fn close(session: &Arc<SessionHandle>, messages: &mut Messages, code: CloseCode) {
    metrics::closes(code.name()).increment(1);
    session.queue().start_closing(code);
    let farewell = async {
        let frame = CloseFrame { code: Number::from(code.number()), reason: code.name().into() };
        if messages.send(Message::Close(Some(frame))).await.is_err() || flush(session).await.is_err() {
            return;
        }
        let mut is_answered = false;
        while let Some(Ok(message)) = messages.next().await {
            is_answered |= message.is_close();
        }
        if !is_answered {
            // Nothing further can be made out of what the client says.
            discard(session).await;
        }
    };
    // A client that takes longer loses the connection as it is.
    let _ = timeout(CLOSE_WAIT, farewell).await;
}

/// Answers the client's close frame.
pub(super) async fn answer(session: &Arc<SessionHandle>, messages: &mut Messages) {
    session.queue().start_closing(CloseCode::Drain);
    let farewell = async {
        while let Some(Ok(_)) = messages.next().await {}
        let _ = flush(session).await;
    };
    let _ = timeout(CLOSE_WAIT, farewell).await;
}

async fn flush(session: &SessionHandle) -> std::io::Result<()> {
    std::future::poll_fn(|cx| session.poll_flush(cx)).await
}

/// Reads what the client still sends, and drops it.
async fn discard(session: &SessionHandle) {
    let mut buffer = vec![0; DISCARD_BYTES];
    let read = async || {
        let mut buffer = ReadBuf::new(&mut buffer);
        let read = std::future::poll_fn(|cx| session.socket().poll_read(cx, &mut buffer)).await;
        read.is_ok() && !buffer.filled().is_empty()
    };
    let mut read = read;
    while timeout(LINGER_WAIT, read()).await.unwrap_or(false) {}
}
