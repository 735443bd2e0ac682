//! A bounded queue of frames for one session.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use threadline_wire::CloseCode;

use crate::queued::{Queued, Unwritten, Written};
use crate::session::NeedsFlush;

/// The allocation of an empty queue beyond this many frames is returned to the allocator.
const IDLE_FRAMES_MAX: usize = 4;
/// Bytes of control frames that may wait beyond the bound for frames.
const RAW_BYTES_MORE_MAX: usize = 16 * 1024;

/// The bounds of a queue.
#[derive(Clone, Copy, Debug)]
pub struct SendQueueConfig {
    /// Bytes of all frames.
    pub bytes_max: usize,
    pub frames_max: usize,
}

/// A bounded queue of frames for one session. Anybody pushes; whoever finds the socket ready writes
/// ([`write`](Self::write); decision 20).
///
/// ```text
/// push(frame) ─┐
/// push(frame) ─┼─▶ [backlog | frame frame frame] ── write ──▶ socket
/// push_raw ────┘      ▲ first of open()        └ full: drop all frames, end with CloseCode::Slow
/// ```
///
/// - Frames leave in the order of the pushes, after the backlog that the queue was [opened](Self::open) with.
/// - When a frame does not fit, the queue drops all frames and ends the session with [`CloseCode::Slow`]; the client
///   resumes by its cursor. The bounds do not count the backlog.
/// - After [`end`](Self::end) nothing is added; the first ending counts. An item that was written in part is always
///   completed first.
/// - Every method may be called from any thread and returns at once.
#[derive(Debug)]
pub struct SendQueue {
    state: Mutex<State>,
    config: SendQueueConfig,
}

#[derive(Debug, Default)]
struct State {
    /// Nothing is written before the queue is opened.
    is_open: bool,
    items: VecDeque<Queued>,
    /// Items at the front that do not count: the backlog that the queue was opened with.
    uncounted: usize,
    /// Bytes of all items that count.
    bytes: usize,
    /// Bytes of the first item's wire form that were written.
    front_written: usize,
    ending: Option<Ending>,
    /// Requests without an answer.
    in_flight: usize,
    /// Whether the session's task waits for fewer requests in flight.
    is_throttled: bool,
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

/// The result of pushing a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The frame is the only one in the queue.
    First,
    /// Other frames wait before it.
    Further,
    /// The frame did not fit. The session ends as slow.
    Overflowed,
    /// The session has ended.
    Ended,
}

impl SendQueue {
    /// Makes an empty queue that is not open: what is pushed waits.
    pub fn new(config: SendQueueConfig) -> Self {
        Self { state: Mutex::default(), config }
    }

    /// Opens the queue. `first` is written before everything pushed so far, and does not count against the bounds.
    pub fn open(&self, first: Vec<Bytes>) {
        let mut state = self.lock();
        state.is_open = true;
        state.uncounted += first.len();
        for frame in first.into_iter().rev() {
            state.items.push_front(Queued::Text(frame));
        }
    }

    /// Returns how many frames are left of those that the queue was opened with.
    pub fn first_left(&self) -> usize {
        self.lock().uncounted
    }

    /// Appends a frame. Does not wake the session's task.
    pub fn push(&self, frame: Bytes) -> Pushed {
        let mut state = self.lock();
        if matches!(state.ending, Some(Ending::AtOnce(_))) {
            return Pushed::Ended;
        }
        let is_full = state.items.len() - state.uncounted >= self.config.frames_max;
        if is_full || state.bytes + frame.len() > self.config.bytes_max {
            state.end(Ending::AtOnce(CloseCode::Slow));
            return Pushed::Overflowed;
        }
        state.bytes += frame.len();
        state.items.push_back(Queued::Text(frame));
        if state.items.len() == 1 { Pushed::First } else { Pushed::Further }
    }

    /// Appends bytes for the wire, also to a session that ends. False if too much waits.
    pub fn push_raw(&self, bytes: Bytes) -> bool {
        let mut state = self.lock();
        if state.bytes + bytes.len() > self.config.bytes_max + RAW_BYTES_MORE_MAX {
            return false;
        }
        state.bytes += bytes.len();
        state.items.push_back(Queued::Raw(bytes));
        true
    }

    /// Lets `write` write some of the items, from this byte of the first item's wire form on. Only one writer runs at a
    /// time. `write` must not block.
    pub fn write<E>(&self, write: impl FnOnce(&VecDeque<Queued>, usize) -> Result<Written, E>) -> Result<Unwritten, E> {
        let mut state = self.lock();
        if state.is_open && !state.items.is_empty() {
            let written = write(&state.items, state.front_written)?;
            state.take(written);
        }
        Ok(Unwritten { is_empty: !state.is_open || state.items.is_empty(), is_ending: state.ending.is_some() })
    }

    /// Drops what waits, except for the rest of an item that is written in part, and opens the queue for the close
    /// frame.
    pub fn start_closing(&self, code: CloseCode) {
        let mut state = self.lock();
        state.end(Ending::AtOnce(code));
        state.is_open = true;
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

    /// Returns the code to close with once it is time: at once, or when everything is written and answered.
    pub fn ended(&self) -> Option<CloseCode> {
        let state = self.lock();
        match state.ending? {
            Ending::AtOnce(code) => Some(code),
            Ending::Flushed(code) => (state.in_flight == 0 && state.items.is_empty()).then_some(code),
        }
    }

    /// Returns the code that the session is to end with, now or later.
    pub fn ending(&self) -> Option<CloseCode> {
        match self.lock().ending? {
            Ending::AtOnce(code) | Ending::Flushed(code) => Some(code),
        }
    }

    /// Returns whether the session takes another request: it does not end, and has fewer than this in flight. If not, its
    /// task is woken when the next request was answered.
    pub fn takes_requests(&self, in_flight_max: usize) -> bool {
        let mut state = self.lock();
        state.is_throttled = state.in_flight >= in_flight_max;
        !state.is_throttled && state.ending.is_none()
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
        let waker = {
            let mut state = self.lock();
            state.in_flight = state.in_flight.saturating_sub(1);
            if !state.is_throttled && state.ending.is_none() {
                return;
            }
            state.is_throttled = false;
            state.waker.take()
        };
        wake(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, ending: Ending) {
        if matches!(ending, Ending::AtOnce(_)) {
            // Half a frame would make everything after it unreadable.
            self.items.truncate(usize::from(self.front_written > 0));
            self.items.shrink_to_fit();
            self.uncounted = self.uncounted.min(self.items.len());
            self.bytes = self.items.iter().skip(self.uncounted).map(Queued::len).sum();
        }
        self.ending = Some(ending);
    }

    fn take(&mut self, written: Written) {
        for item in self.items.drain(..written.items) {
            if self.uncounted > 0 {
                self.uncounted -= 1;
            } else {
                self.bytes -= item.len();
            }
        }
        self.front_written = written.next_bytes;
        if self.items.is_empty() && self.items.capacity() > IDLE_FRAMES_MAX {
            self.items = VecDeque::new();
        }
    }
}

impl Pushed {
    /// Returns whether the driver has to flush the session.
    pub fn needs_flush(self) -> NeedsFlush {
        match self {
            Self::First | Self::Overflowed => NeedsFlush::Yes,
            Self::Further | Self::Ended => NeedsFlush::No,
        }
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
    use std::convert::Infallible;

    use super::*;

    fn queue(bytes_max: usize, frames_max: usize) -> SendQueue {
        let queue = SendQueue::new(SendQueueConfig { bytes_max, frames_max });
        queue.open(Vec::new());
        queue
    }

    /// Writes one item.
    fn pop(queue: &SendQueue) -> Option<Queued> {
        let mut first = None;
        let write = |items: &VecDeque<Queued>, _| {
            first = items.front().cloned();
            Ok::<_, Infallible>(Written { items: 1, next_bytes: 0 })
        };
        queue.write(write).unwrap();
        first
    }

    /// Writes a part of the first item.
    fn write_part(queue: &SendQueue) {
        queue.write(|_, _| Ok::<_, Infallible>(Written { items: 0, next_bytes: 1 })).unwrap();
    }

    fn text(text: &'static str) -> Queued {
        Queued::Text(text.into())
    }

    /// Writes all items.
    fn pop_all(queue: &SendQueue) -> Vec<Queued> {
        std::iter::from_fn(|| pop(queue)).collect()
    }

    #[test]
    fn frames_come_out_in_the_order_they_went_in() {
        let queue = queue(100, 10);
        assert_eq!((queue.push("a".into()), queue.push("b".into())), (Pushed::First, Pushed::Further));
        assert_eq!(pop_all(&queue), [text("a"), text("b")]);
        assert_eq!(queue.ended(), None);
    }

    #[test]
    fn nothing_is_written_before_what_the_queue_is_opened_with() {
        let queue = SendQueue::new(SendQueueConfig { bytes_max: 4, frames_max: 2 });
        queue.push("live".into());
        assert_eq!(pop(&queue), None);
        queue.open(vec!["welcome".into(), "missed".into()]);
        assert_eq!(queue.push("x".into()), Pushed::Overflowed, "what is live is bounded as before");
        assert_eq!(pop_all(&queue), []);
        let queue = SendQueue::new(SendQueueConfig { bytes_max: 4, frames_max: 2 });
        queue.push("live".into());
        queue.open(vec!["welcome".into(), "missed".into()]);
        assert_eq!(pop_all(&queue), [text("welcome"), text("missed"), text("live")]);
        assert_eq!((queue.push("more".into()), pop_all(&queue)), (Pushed::First, vec![text("more")]));
    }

    #[test]
    fn one_byte_or_frame_too_many_ends_the_session_as_slow_and_frees_the_queue() {
        for (queue, fits) in [(queue(3, 10), 3), (queue(100, 2), 2)] {
            for _ in 0..fits {
                queue.push("x".into());
                assert_eq!(queue.ended(), None);
            }
            assert_eq!(queue.push("x".into()), Pushed::Overflowed);
            assert_eq!(queue.ended(), Some(CloseCode::Slow));
            assert_eq!(queue.push("later".into()), Pushed::Ended);
            assert_eq!(pop(&queue), None, "nothing is queued for a session that ends");
        }
    }

    #[test]
    fn a_frame_that_is_written_in_part_is_written_to_its_end() {
        let queue = queue(100, 10);
        queue.push("half".into());
        queue.push("none".into());
        write_part(&queue);
        queue.start_closing(CloseCode::Slow);
        assert!(queue.push_raw("close".into()));
        assert_eq!(pop_all(&queue), [text("half"), Queued::Raw("close".into())]);
    }

    #[test]
    fn what_was_taken_makes_room() {
        let queue = queue(3, 10);
        for _ in 0..100 {
            assert_eq!(queue.push("xyz".into()), Pushed::First);
            assert!(pop(&queue).is_some());
        }
        assert_eq!(queue.ended(), None);
    }

    #[test]
    fn a_drained_session_gets_what_waits_first() {
        let queue = queue(100, 10);
        queue.push("last".into());
        queue.begin();
        queue.end(Ending::Flushed(CloseCode::Drain));
        queue.end(Ending::AtOnce(CloseCode::Rate));
        assert_eq!(queue.ended(), None);
        write_part(&queue);
        assert_eq!(queue.ended(), None, "not before it is written");
        assert_eq!(pop_all(&queue), [text("last")]);
        assert_eq!(queue.ended(), None, "an answer is still to come");
        queue.finish();
        assert_eq!(queue.ended(), Some(CloseCode::Drain));
    }
}
