//! What the hub's tasks share.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use threadline_domain::thread::Thread;
use threadline_domain::{Position, ThreadId, UserId};
use threadline_eventlog::{EventLog, LoggedAggregate, StoppedPartitions};
use threadline_hub::Outputs;
use threadline_projections::Conversations;
use threadline_sealing::Keyring;
use threadline_wire::{Cursor, LogFingerprint};
use tokio::sync::{Notify, mpsc};

use super::marks::KnownMark;
use super::requests::SignalRequest;
use crate::commands::Appender;
use crate::config::EdgeConfig;
use crate::metrics;
use crate::session::SessionHandle;

/// Sessions that one task flushes; each takes about 10 us.
const SESSIONS_PER_FLUSH_MAX: usize = 64;

/// What a hub needs from its process.
pub(super) struct HubDeps {
    pub(super) config: EdgeConfig,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) conversations: Conversations,
    pub(super) keyring: Keyring,
    pub(super) appender: Appender,
    /// Partitions at a record that only a newer edge can read.
    pub(super) stopped: StoppedPartitions,
}

/// What the hub's tasks and its callers share.
pub(super) struct Core {
    pub(super) deps: HubDeps,
    pub(super) hub: threadline_hub::Hub<SessionHandle>,
    pub(super) log_fingerprint: LogFingerprint,
    /// Wakes joins that wait for the hub to get further.
    pub(super) moved: Notify,
    /// Wakes whoever waits for the last session to leave.
    pub(super) left: Notify,
    pub(super) signals: mpsc::Sender<SignalRequest>,
    /// Event topics of which the hub has not read yet all that they held at its start.
    topics_behind: AtomicUsize,
    /// Whether the signals task missed a request.
    signals_lost: AtomicBool,
    reads: Mutex<LruCache<(ThreadId, UserId), KnownMark>>,
}

impl Core {
    pub(super) fn new(
        deps: HubDeps,
        hub: threadline_hub::Hub<SessionHandle>,
        signals: mpsc::Sender<SignalRequest>,
        topics: usize,
    ) -> Self {
        let log_fingerprint = LogFingerprint::of(&deps.log.id());
        let marks_max = NonZeroUsize::new(deps.config.hub.marks_max).unwrap_or(NonZeroUsize::MIN);
        Self {
            deps,
            hub,
            log_fingerprint,
            moved: Notify::new(),
            left: Notify::new(),
            signals,
            topics_behind: AtomicUsize::new(topics),
            signals_lost: AtomicBool::new(false),
            reads: Mutex::new(LruCache::new(marks_max)),
        }
    }

    /// Runs `with` on the known read marks.
    pub(super) fn with_reads<T>(&self, with: impl FnOnce(&mut LruCache<(ThreadId, UserId), KnownMark>) -> T) -> T {
        with(&mut self.reads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the hub's progress as a client keeps it.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { log: self.log_fingerprint, next: self.hub.progress().offsets() }
    }

    /// Returns the last position that the hub has seen in a thread's partition.
    pub(super) fn last_position(&self, thread: ThreadId) -> Position {
        self.hub.progress().last(Thread::EVENTS, self.hub.partition_of(thread))
    }

    /// Returns whether the hub has read everything that the log held when it started.
    pub(super) fn has_caught_up(&self) -> bool {
        self.topics_behind.load(Ordering::Acquire) == 0
    }

    /// Notes that the hub has read everything that one topic held when it started.
    pub(super) fn note_caught_up(&self) {
        self.topics_behind.fetch_sub(1, Ordering::AcqRel);
        self.moved.notify_waiters();
    }

    /// Flushes the sessions whose queues have filled, and empties the outputs. Other tasks flush a part of many sessions: a queue
    /// keeps its frames in order, whichever task writes them.
    pub(super) fn flush(&self, out: &mut Outputs<SessionHandle>) {
        while out.flush.len() > SESSIONS_PER_FLUSH_MAX {
            let others = out.flush.split_off(out.flush.len() - SESSIONS_PER_FLUSH_MAX);
            tokio::spawn(async move {
                for session in others {
                    session.flush();
                }
            });
        }
        out.flush.drain(..).for_each(|session| session.flush());
        if out.deliveries > 0 {
            metrics::deliveries().increment(out.deliveries);
            out.deliveries = 0;
        }
        for (user, thread) in out.joined.drain(..) {
            self.signal(SignalRequest::Joined { user, thread });
        }
        for (user, thread) in out.removed.drain(..) {
            self.signal(SignalRequest::Removed { user, thread });
        }
    }

    /// Asks the signals task for something. A task that is too busy misses it, and looks at everybody again later.
    pub(super) fn signal(&self, request: SignalRequest) {
        if self.signals.try_send(request).is_err() {
            self.signals_lost.store(true, Ordering::Release);
            metrics::signals_lost().increment(1);
        }
    }

    /// Returns whether the signals task has missed a request since the last call.
    pub(super) fn take_signals_lost(&self) -> bool {
        self.signals_lost.swap(false, Ordering::AcqRel)
    }
}
