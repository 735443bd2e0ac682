//! A client's connection: it holds its permit until it is gone, upgraded or not, and is written to at a least pace.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::pace::{Pace, PaceMin};
use super::permits::ConnectionPermit;

/// A stream with its permit and its pace.
pub(crate) struct Connection {
    stream: TcpStream,
    pace: Pace,
    upgraded: Upgraded,
    _permit: ConnectionPermit,
}

/// Whether the connection has left HTTP. A WebSocket session judges slow clients itself.
#[derive(Clone, Default)]
pub(super) struct Upgraded(Arc<AtomicBool>);

impl Upgraded {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connection {
    pub(super) fn new(stream: TcpStream, min: PaceMin, upgraded: Upgraded, permit: ConnectionPermit) -> Self {
        Self { stream, pace: Pace::new(min), upgraded, _permit: permit }
    }

    /// The stream, for whoever has taken the connection over from HTTP.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn observe(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.upgraded.is_set() {
            return written;
        }
        let observed = self.pace.observe(written, cx);
        if matches!(&observed, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::TimedOut) {
            // Closing resets the connection: the kernel would keep what it has for a client that does not read.
            let _ = self.stream.set_zero_linger();
        }
        observed
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.observe(written, cx)
    }

    /// Called when everything given before was taken.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pace.finish();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.observe(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
