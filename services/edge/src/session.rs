//! A session as others see it: a queue of frames, and the socket they are written to.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use threadline_hub::{Ending, NeedsFlush, Pushed, SendQueue, SendQueueConfig, Session, Unwritten};
use threadline_wire::CloseCode;

use crate::config::SessionConfig;
use crate::metrics;
use crate::socket::Socket;

/// The way to one session. Anybody pushes; who pushed writes, if the socket takes it at once. Only when it does not, the
/// session's task is woken to write the rest.
pub(crate) struct SessionHandle {
    queue: SendQueue,
    socket: Socket,
    is_away: AtomicBool,
}

impl Session for SessionHandle {
    fn push(&self, frame: &Bytes) -> NeedsFlush {
        let pushed = self.queue.push(frame.clone());
        if pushed == Pushed::Overflowed {
            metrics::slow_sessions().increment(1);
        }
        pushed.needs_flush()
    }
}

impl SessionHandle {
    pub(crate) fn new(config: &SessionConfig, socket: Socket) -> Self {
        let bounds = SendQueueConfig { bytes_max: config.queue_bytes_max, frames_max: config.queue_frames_max };
        Self { queue: SendQueue::new(bounds), socket, is_away: AtomicBool::new(false) }
    }

    /// Queues a frame and writes it.
    pub(crate) fn send(&self, frame: &Bytes) {
        if self.push(frame) == NeedsFlush::Yes {
            self.flush();
        }
    }

    /// Writes queued frames as far as the socket takes them now. The session's task does the rest.
    pub(crate) fn flush(&self) {
        match self.write() {
            Ok(Unwritten { is_empty: true, is_ending: false }) => {}
            // The task waits for the socket, ends the session, or meets the same error.
            Ok(_) | Err(_) => self.queue.wake(),
        }
    }

    /// Writes everything that waits, for the session's task. Pending while the socket takes nothing.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.write() {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.socket.poll_write_ready(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Writes until nothing is left. Fails when the socket takes no more.
    fn write(&self) -> io::Result<Unwritten> {
        loop {
            let mut items = 0;
            let left = self.queue.write(|queued, front_written| {
                let written = self.socket.try_write(queued, front_written)?;
                items = written.items;
                Ok::<_, io::Error>(written)
            })?;
            if items > 0 {
                metrics::frames_sent().increment(items as u64);
            }
            if left.is_empty {
                return Ok(left);
            }
        }
    }

    /// Ends the session; the first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.queue.end(ending);
    }

    /// The queue, for the session's task.
    pub(crate) fn queue(&self) -> &SendQueue {
        &self.queue
    }

    /// The socket, for the session's task.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Waits until the session is to end, either way.
    pub(crate) async fn ending(&self) -> CloseCode {
        std::future::poll_fn(|cx: &mut Context<'_>| {
            self.queue.register(cx);
            self.queue.ending().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Counts a request whose answer is still to come.
    pub(crate) fn begin(&self) {
        self.queue.begin();
    }

    /// Answers such a request.
    pub(crate) fn finish(&self, answer: Option<Bytes>) {
        if let Some(answer) = answer {
            self.send(&answer);
        }
        self.queue.finish();
    }

    /// Notes that the user does not look at this session, or does again.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// Returns whether the user does not look at this session.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }
}
