//! The WebSocket protocol on a session's socket: what it reads comes from there, what it writes goes through the queue.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::meter::Meter;
use crate::session::SessionHandle;

/// What a connection reads at once.
const READ_BUFFER_BYTES: usize = 1024;
/// Frames that are no message of their own and that nobody has taken account of: before the hello, while a connection
/// closes, or within one turn of its task. With more the connection ends.
const EXTRA_FRAMES_MAX: u32 = 4_096;

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
    let wire = Wire { session, meter: Meter::default() };
    WebSocketStream::from_raw_socket(wire, Role::Server, Some(config)).await
}

/// A session's socket, with its queue in front of it.
pub(super) struct Wire {
    session: Arc<SessionHandle>,
    meter: Meter,
}

impl Wire {
    /// Returns how many frames came, since the last call, that are no message of their own.
    pub(super) fn take_extra_frames(&mut self) -> u32 {
        self.meter.take()
    }
}

impl AsyncRead for Wire {
    /// Fails with [`io::ErrorKind::QuotaExceeded`] when too many frames have come.
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.session.socket().poll_read(cx, buf))?;
        self.meter.read(&buf.filled()[before..]);
        if self.meter.extra() > EXTRA_FRAMES_MAX {
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    /// Takes whole frames: the protocol's buffer holds what it writes until it is taken.
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if !self.session.queue().push_raw(Bytes::copy_from_slice(buf)) {
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
