//! A session as others see it: a queue of frames.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use threadline_hub::{Ending, NeedsFlush, SendQueue, SendQueueConfig, Session};
use threadline_wire::CloseCode;

use crate::config::SessionConfig;

/// The frames on their way to one session. Anybody pushes, the session's task writes.
#[derive(Debug)]
pub(crate) struct SessionHandle {
    queue: SendQueue,
    is_away: AtomicBool,
}

impl Session for SessionHandle {
    fn push(&self, frame: &Bytes) -> NeedsFlush {
        let pushed = self.queue.push(frame.clone());
        if pushed == threadline_hub::Pushed::Overflowed {
            metrics::counter!("threadline_edge_slow_sessions_total").increment(1);
        }
        pushed.needs_flush()
    }
}

impl SessionHandle {
    pub(crate) fn new(config: &SessionConfig) -> Self {
        let bounds = SendQueueConfig { bytes_max: config.queue_bytes_max, frames_max: config.queue_frames_max };
        Self { queue: SendQueue::new(bounds), is_away: AtomicBool::new(false) }
    }

    /// Queues a frame and has it written.
    pub(crate) fn send(&self, frame: &Bytes) {
        if self.push(frame) == NeedsFlush::Yes {
            self.flush();
        }
    }

    /// Has queued frames written.
    pub(crate) fn flush(&self) {
        self.queue.wake();
    }

    /// Ends the session; the first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.queue.end(ending);
    }

    /// The queue, for the session's task.
    pub(crate) fn queue(&self) -> &SendQueue {
        &self.queue
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
            self.push(&answer);
        }
        self.queue.finish();
        // The task may have stopped reading until there is room for another request.
        self.flush();
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
