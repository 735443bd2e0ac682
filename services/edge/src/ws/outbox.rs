//! What waits to be written to one session: bounded in bytes and frames.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::extract::ws::Utf8Bytes;
use futures_util::task::AtomicWaker;
use threadline_wire::CloseCode;

use crate::config::SessionConfig;

/// A queue that has grown beyond this is given back to the allocator once it is empty.
const IDLE_FRAMES_MAX: usize = 16;

/// The frames on their way to one session. Anybody pushes, the session alone takes.
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    session: AtomicWaker,
    in_flight: AtomicUsize,
    away: AtomicBool,
    bytes_max: usize,
    frames_max: usize,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    ending: Option<Ending>,
}

/// How a session is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Behind the frames that wait and the answers that are still to come.
    Flushed(CloseCode),
    /// At once; what waited is gone.
    AtOnce(CloseCode),
}

impl Outbox {
    pub(crate) fn new(config: &SessionConfig) -> Self {
        Self {
            queue: Mutex::default(),
            session: AtomicWaker::new(),
            in_flight: AtomicUsize::new(0),
            away: AtomicBool::new(false),
            bytes_max: config.queue_bytes_max,
            frames_max: config.queue_frames_max,
        }
    }

    /// Queues a frame behind the others. A session whose queue is full is to be closed instead: it has to resume.
    pub(crate) fn push(&self, frame: Utf8Bytes) {
        {
            let mut queue = self.lock();
            if matches!(queue.ending, Some(Ending::AtOnce(_))) {
                return;
            }
            if queue.bytes + frame.len() > self.bytes_max || queue.frames.len() >= self.frames_max {
                metrics::counter!("threadline_edge_slow_sessions_total").increment(1);
                *queue = Queue { ending: Some(Ending::AtOnce(CloseCode::Slow)), ..Queue::default() };
            } else {
                queue.bytes += frame.len();
                queue.frames.push_back(frame);
            }
        }
        self.session.wake();
    }

    /// Ends the session; the first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        {
            let mut queue = self.lock();
            if queue.ending.is_some() {
                return;
            }
            if matches!(ending, Ending::AtOnce(_)) {
                *queue = Queue::default();
            }
            queue.ending = Some(ending);
        }
        self.session.wake();
    }

    /// The next frame to write.
    pub(crate) fn pop(&self) -> Option<Utf8Bytes> {
        let mut queue = self.lock();
        let frame = queue.frames.pop_front();
        match &frame {
            Some(frame) => queue.bytes -= frame.len(),
            None if queue.frames.capacity() > IDLE_FRAMES_MAX => queue.frames = VecDeque::new(),
            None => {}
        }
        frame
    }

    /// The code to close with, once it is time: at once, or when all is `flushed` and nothing waits any more.
    pub(crate) fn ended(&self, flushed: bool) -> Option<CloseCode> {
        let queue = self.lock();
        match queue.ending? {
            Ending::AtOnce(code) => Some(code),
            Ending::Flushed(code) => {
                let answered = self.in_flight() == 0;
                (flushed && answered && queue.frames.is_empty()).then_some(code)
            }
        }
    }

    /// Whether the session takes further requests: not when it is to end, or too many wait for their outcome.
    pub(crate) fn takes_requests(&self, in_flight_max: usize) -> bool {
        self.in_flight() < in_flight_max && self.lock().ending.is_none()
    }

    /// Wakes this task at the next push or end. To be called before looking at the queue.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.session.register(cx.waker());
    }

    /// Waits until the session is to end, either way.
    pub(crate) async fn ending(&self) -> CloseCode {
        std::future::poll_fn(|cx| {
            self.register(cx);
            match self.lock().ending {
                Some(Ending::AtOnce(code) | Ending::Flushed(code)) => Poll::Ready(code),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Notes a request whose outcome is still to come.
    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes its outcome, and answers it.
    pub(crate) fn finish(&self, answer: Option<Utf8Bytes>) {
        if let Some(answer) = answer {
            self.push(answer);
        }
        // Only then: a session that ends once all is answered must find the answer in its queue.
        self.in_flight.fetch_sub(1, Ordering::Release);
        // It may have stopped reading until there is room for a further request.
        self.session.wake();
    }

    /// Requests whose outcome is still to come.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Notes that the user does not look at this session, or does again.
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// Whether the user does not look at this session.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(queue_bytes_max: usize, queue_frames_max: usize) -> Outbox {
        Outbox::new(&SessionConfig { queue_bytes_max, queue_frames_max, ..SessionConfig::default() })
    }

    #[test]
    fn frames_come_out_in_the_order_they_went_in() {
        let outbox = outbox(100, 10);
        outbox.push("a".into());
        outbox.push("b".into());
        assert_eq!(outbox.pop().as_deref(), Some("a"));
        assert_eq!(outbox.pop().as_deref(), Some("b"));
        assert_eq!(outbox.pop(), None);
        assert_eq!(outbox.ended(true), None);
    }

    #[test]
    fn one_byte_or_frame_too_many_ends_the_session_as_slow_and_frees_the_queue() {
        for (outbox, fits) in [(outbox(3, 10), 3), (outbox(100, 2), 2)] {
            for _ in 0..fits {
                outbox.push("x".into());
                assert_eq!(outbox.ended(false), None);
            }
            outbox.push("x".into());
            assert_eq!(outbox.ended(false), Some(CloseCode::Slow));
            assert_eq!(outbox.pop(), None);
            outbox.push("later".into());
            assert_eq!(outbox.pop(), None, "nothing is queued for a session that ends");
        }
    }

    #[test]
    fn what_was_taken_makes_room() {
        let outbox = outbox(3, 10);
        for _ in 0..100 {
            outbox.push("xyz".into());
            assert!(outbox.pop().is_some());
        }
        assert_eq!(outbox.ended(true), None);
    }

    #[test]
    fn a_drained_session_gets_what_waits_first() {
        let outbox = outbox(100, 10);
        outbox.push("last".into());
        outbox.begin();
        outbox.end(Ending::Flushed(CloseCode::Drain));
        outbox.end(Ending::AtOnce(CloseCode::Rate));
        assert_eq!(outbox.ended(true), None);
        assert_eq!(outbox.pop().as_deref(), Some("last"));
        assert_eq!(outbox.ended(true), None, "an answer is still to come");
        outbox.finish(None);
        assert_eq!(outbox.ended(false), None, "not before it is written");
        assert_eq!(outbox.ended(true), Some(CloseCode::Drain));
    }
}
