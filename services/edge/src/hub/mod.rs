//! From the log's tails to the sockets.
//!
//! The tasks here drive `threadline_hub`: they follow the event topics, `rejections`, `reads` and `signals`, encode each event
//! once and have the sessions written that received a frame. Typing and presence have a task of their own, which misses
//! signals before anything else suffers.

mod delivered;
mod events;
mod feed;
mod followed;
mod held_answers;
mod join;
mod marks;
mod opening;
mod plan;
mod readiness;
mod reads;
mod rejections;
mod requests;
mod run;
mod shared;
mod signals;
mod thread;

use std::sync::Arc;
use std::time::Duration;

use threadline_domain::{ThreadId, UserId};
use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_hub::{Ending, Joined, LocalUser, NotJoined};
use threadline_projections::{Conversations, Memberships};
use threadline_sealing::Keyring;
use threadline_wire::{CloseCode, Cursor, LogFingerprint, Offsets, frame};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::commands::Appender;
use crate::config::EdgeConfig;
use crate::session::SessionHandle;

pub use delivered::Delivered;
pub use followed::Followed;
pub(crate) use join::snapshot_of;
pub(crate) use requests::{Requester, SignalRequest};

/// The way to the hub; cheap to clone.
#[derive(Clone)]
pub struct Hub {
    started: Arc<run::Started>,
    readiness: Arc<readiness::HubReadiness>,
    signals: mpsc::Sender<SignalRequest>,
    joins: Arc<Semaphore>,
    draining: CancellationToken,
    stopped: StoppedPartitions,
    followed: Followed,
    log: LogFingerprint,
}

impl Hub {
    /// Starts the hub, which follows these event topics and settles the requests of their aggregates. It runs until `shutdown`, and its sessions end with it;
    /// [`Hub::ready`] says when it has caught up with the log.
    pub fn start(
        config: &EdgeConfig,
        log: Arc<dyn EventLog>,
        conversations: Conversations,
        keyring: Keyring,
        appender: Appender,
        followed: Followed,
        shutdown: CancellationToken,
    ) -> Self {
        let (signals, inbox) = mpsc::channel(config.hub.requests_max);
        let stopped = StoppedPartitions::new();
        let hub = Self {
            started: Arc::default(),
            readiness: Arc::new(readiness::HubReadiness::new(config.hub.lag_max)),
            signals: signals.clone(),
            joins: Arc::new(Semaphore::new(config.hub.joins_max)),
            draining: CancellationToken::new(),
            stopped: stopped.clone(),
            followed: followed.clone(),
            log: LogFingerprint::of(&log.id()),
        };
        let deps = shared::HubDeps { config: config.clone(), log, conversations, keyring, appender, stopped };
        let (readiness, started) = (Arc::clone(&hub.readiness), Arc::clone(&hub.started));
        tokio::spawn(shutdown.run_until_cancelled_owned(run::run(
            deps,
            followed,
            readiness,
            started,
            (signals, inbox),
        )));
        hub
    }

    /// Whether events reach sessions in time; otherwise what is wrong.
    pub fn ready(&self) -> Result<(), String> {
        if self.draining.is_cancelled() {
            return Err("the edge is draining".into());
        }
        self.stopped.check()?;
        if !self.started.get().is_some_and(|core| core.has_caught_up()) {
            return Err("the hub has not caught up with the log yet".into());
        }
        self.readiness.check()
    }

    /// Takes no more sessions, tells those that are there to go, closes them spread over `window`, and returns when all
    /// have gone. The caller bounds the wait.
    pub async fn drain(&self, window: Duration) {
        self.draining.cancel();
        let Some(core) = self.started.get() else { return };
        let sessions = core.hub.close();
        tracing::info!(
            hub.sessions = sessions.len(),
            drain.window_ms = window.as_millis() as u64,
            "draining {} sessions over {} ms",
            sessions.len(),
            window.as_millis()
        );
        let notice = bytes::Bytes::from(frame::drain(window.as_millis() as u64));
        let (start, count) = (Instant::now(), sessions.len().max(1) as u32);
        for session in &sessions {
            session.send(&notice);
        }
        for (index, session) in (0_u32..).zip(sessions) {
            tokio::time::sleep_until(start + window * index / count).await;
            session.end(Ending::Flushed(CloseCode::Drain));
        }
        loop {
            let left = core.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if core.hub.count_sessions() == 0 {
                return;
            }
            left.await;
        }
    }

    /// Cancelled when no more sessions are taken.
    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// A permit to join the hub.
    pub(crate) fn joins(&self) -> &Semaphore {
        &self.joins
    }

    /// Returns the event topics that the hub follows.
    pub(crate) fn followed(&self) -> &Followed {
        &self.followed
    }

    /// The log that cursors belong to.
    pub(crate) fn log(&self) -> LogFingerprint {
        self.log
    }

    /// The hub's progress as a client keeps it; without offsets before the hub has started.
    pub(crate) fn cursor(&self) -> Cursor {
        match self.started.get() {
            Some(core) => core.cursor(),
            None => Cursor { log: self.log, next: Offsets::new() },
        }
    }

    /// Lets a session in, once the hub has got far enough.
    pub(crate) async fn join(
        &self,
        user: &UserId,
        session: &Arc<SessionHandle>,
        memberships: &Memberships,
        from: &Offsets,
    ) -> Result<Joined<SessionHandle>, NotJoined> {
        self.started.wait().await.join(user, session, memberships, from).await
    }

    /// Lets a session go.
    pub(crate) fn leave(&self, user: &Arc<LocalUser<SessionHandle>>, session: &Arc<SessionHandle>) {
        if let Some(core) = self.started.get() {
            core.leave(user, session);
        }
    }

    /// Marks a thread as read, and answers.
    pub(crate) fn read(&self, requester: Requester, thread: ThreadId, number: u64) {
        if let Some(core) = self.started.get() {
            core.on_read(requester, thread, number);
        }
    }

    /// Asks the task for signals for something, unless too much is waiting: then the request comes back.
    pub(crate) fn signal(&self, request: SignalRequest) -> Result<(), SignalRequest> {
        self.signals.try_send(request).map_err(mpsc::error::TrySendError::into_inner)
    }
}
