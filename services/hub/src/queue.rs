//! A bounded queue of frames for one session.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use threadline_wire::CloseCode;

use crate::session::NeedsFlush;

/// The allocation of an empty queue beyond this many frames is returned to the allocator.
const IDLE_FRAMES_MAX: usize = 16;

/// The bounds of a queue.
#[derive(Clone, Copy, Debug)]
pub struct SendQueueConfig {
    /// Bytes of all frames.
    pub bytes_max: usize,
    /// Frames.
    pub frames_max: usize,
}

/// A bounded queue of frames for one session. Anybody pushes; the session's driver takes.
///
/// When a frame does not fit, the queue drops all frames and ends the session with [`CloseCode::Slow`]: the client
/// resumes by its cursor.
#[derive(Debug)]
pub struct SendQueue {
    state: Mutex<State>,
    config: SendQueueConfig,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    ending: Option<Ending>,
    /// Requests without an answer.
    in_flight: usize,
    waker: Option<Waker>,
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// After the queued frames and the answers to requests in flight.
    Flushed(CloseCode),
    /// At once; queued frames are dropped.
    AtOnce(CloseCode),
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The frame is the only one in the queue.
    First,
    /// Other frames wait before it.
    Behind,
    /// The frame did not fit. The session ends as slow.
    Overflowed,
    /// The session has ended.
    Ended,
}

impl SendQueue {
    /// Makes an empty queue.
    pub fn new(config: SendQueueConfig) -> Self {
        Self { state: Mutex::default(), config }
    }

    /// Appends a frame. Does not wake the session's task.
    pub fn push(&self, frame: Bytes) -> Pushed {
        let mut state = self.lock();
        if matches!(state.ending, Some(Ending::AtOnce(_))) {
            return Pushed::Ended;
        }
        if state.bytes + frame.len() > self.config.bytes_max || state.frames.len() >= self.config.frames_max {
            state.end(Ending::AtOnce(CloseCode::Slow));
            return Pushed::Overflowed;
        }
        state.bytes += frame.len();
        state.frames.push_back(frame);
        if state.frames.len() == 1 { Pushed::First } else { Pushed::Behind }
    }

    /// Ends the session and wakes its task. The first ending counts.
    pub fn end(&self, ending: Ending) {
        let waker = {
            let mut state = self.lock();
            if state.ending.is_some() {
                return;
            }
            state.end(ending);
            state.waker.take()
        };
        wake(waker);
    }

    /// Takes the next frame.
    pub fn pop(&self) -> Option<Bytes> {
        let mut state = self.lock();
        let frame = state.frames.pop_front();
        match &frame {
            Some(frame) => state.bytes -= frame.len(),
            None if state.frames.capacity() > IDLE_FRAMES_MAX => state.frames = VecDeque::new(),
            None => {}
        }
        frame
    }

    /// Returns the code to close with once it is time: at once, or when everything is `flushed` and answered.
    pub fn ended(&self, flushed: bool) -> Option<CloseCode> {
        let state = self.lock();
        match state.ending? {
            Ending::AtOnce(code) => Some(code),
            Ending::Flushed(code) => (flushed && state.in_flight == 0 && state.frames.is_empty()).then_some(code),
        }
    }

    /// Returns the code that the session is to end with, now or later.
    pub fn ending(&self) -> Option<CloseCode> {
        match self.lock().ending? {
            Ending::AtOnce(code) | Ending::Flushed(code) => Some(code),
        }
    }

    /// Returns whether the session takes another request: it does not end, and has fewer than this in flight.
    pub fn takes_requests(&self, in_flight_max: usize) -> bool {
        let state = self.lock();
        state.in_flight < in_flight_max && state.ending.is_none()
    }

    /// Wakes this task at the next [`wake`](Self::wake) or [`end`](Self::end). Call it before looking at the queue.
    pub fn register(&self, cx: &Context<'_>) {
        let mut state = self.lock();
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// Wakes the session's task.
    pub fn wake(&self) {
        let waker = self.lock().waker.take();
        wake(waker);
    }

    /// Counts a request in flight.
    pub fn begin(&self) {
        self.lock().in_flight += 1;
    }

    /// Counts a request as answered. Push its answer first: a session that ends after its answers must find it queued.
    pub fn finish(&self) {
        let mut state = self.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
    }
}

impl State {
    fn end(&mut self, ending: Ending) {
        if matches!(ending, Ending::AtOnce(_)) {
            self.frames = VecDeque::new();
            self.bytes = 0;
        }
        self.ending = Some(ending);
    }
}

impl Pushed {
    /// Returns whether the driver has to flush the session.
    pub fn needs_flush(self) -> NeedsFlush {
        match self {
            Self::First | Self::Overflowed => NeedsFlush::Yes,
            Self::Behind | Self::Ended => NeedsFlush::No,
        }
    }
}

impl SendQueue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Outside the lock: the woken task may run at once and look at the queue.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(bytes_max: usize, frames_max: usize) -> SendQueue {
        SendQueue::new(SendQueueConfig { bytes_max, frames_max })
    }

    #[test]
    fn frames_come_out_in_the_order_they_went_in() {
        let queue = queue(100, 10);
        assert_eq!((queue.push("a".into()), queue.push("b".into())), (Pushed::First, Pushed::Behind));
        assert_eq!(queue.pop().as_deref(), Some(&b"a"[..]));
        assert_eq!(queue.pop().as_deref(), Some(&b"b"[..]));
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.ended(true), None);
    }

    #[test]
    fn one_byte_or_frame_too_many_ends_the_session_as_slow_and_frees_the_queue() {
        for (queue, fits) in [(queue(3, 10), 3), (queue(100, 2), 2)] {
            for _ in 0..fits {
                queue.push("x".into());
                assert_eq!(queue.ended(false), None);
            }
            assert_eq!(queue.push("x".into()), Pushed::Overflowed);
            assert_eq!(queue.ended(false), Some(CloseCode::Slow));
            assert_eq!(queue.pop(), None);
            assert_eq!(queue.push("later".into()), Pushed::Ended);
            assert_eq!(queue.pop(), None, "nothing is queued for a session that ends");
        }
    }

    #[test]
    fn what_was_taken_makes_room() {
        let queue = queue(3, 10);
        for _ in 0..100 {
            assert_eq!(queue.push("xyz".into()), Pushed::First);
            assert!(queue.pop().is_some());
        }
        assert_eq!(queue.ended(true), None);
    }

    #[test]
    fn a_drained_session_gets_what_waits_first() {
        let queue = queue(100, 10);
        queue.push("last".into());
        queue.begin();
        queue.end(Ending::Flushed(CloseCode::Drain));
        queue.end(Ending::AtOnce(CloseCode::Rate));
        assert_eq!(queue.ended(true), None);
        assert_eq!(queue.pop().as_deref(), Some(&b"last"[..]));
        assert_eq!(queue.ended(true), None, "an answer is still to come");
        queue.finish();
        assert_eq!(queue.ended(false), None, "not before it is written");
        assert_eq!(queue.ended(true), Some(CloseCode::Drain));
    }
}
