//! The WebSocket protocol on a session's socket: what it reads comes from there, what it writes goes through the queue.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::session::SessionHandle;

/// What a connection reads at once.
const READ_BUFFER_BYTES: usize = 1024;

/// Frames of a client, read one by one. Answers to pings and close frames go through the session's queue.
pub(super) type Messages = WebSocketStream<Wire>;

/// Reads the frames of a client.
pub(super) async fn messages(session: Arc<SessionHandle>, frame_bytes_max: usize) -> Messages {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(usize::MAX)
        .max_frame_size(Some(frame_bytes_max))
        .max_message_size(Some(frame_bytes_max));
    WebSocketStream::from_raw_socket(Wire(session), Role::Server, Some(config)).await
}

/// A session's socket, with its queue in front of it.
pub(super) struct Wire(Arc<SessionHandle>);

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.socket().poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    /// Takes whole frames: the protocol's buffer holds what it writes until it is taken.
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if !self.0.queue().push_raw(Bytes::copy_from_slice(buf)) {
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
        }
        Poll::Ready(Ok(buf.len()))
    }

    /// The session's task flushes the queue after each frame that it has read.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
