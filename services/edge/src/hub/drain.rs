//! Letting everybody go, spread over a window.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use threadline_wire::{CloseCode, frame};
use tokio::sync::oneshot;

use super::NotJoined;
use super::actor::Actor;
use crate::ws::{Ending, Outbox};

/// A hub that lets its sessions go.
pub(super) struct Draining {
    /// Who is to be closed when; the first is due first.
    due: VecDeque<(Instant, Arc<Outbox>)>,
    /// Told when all have gone.
    done: Option<oneshot::Sender<()>>,
}

impl Actor {
    pub(super) fn on_drain(&mut self, window: Duration, done: oneshot::Sender<()>) {
        let notice = Utf8Bytes::from(frame::drain(window.as_millis() as u64));
        let sessions: Vec<_> = self.index.all_sessions().map(Arc::clone).collect();
        tracing::info!(
            hub.sessions = sessions.len(),
            drain.window_ms = window.as_millis() as u64,
            "sessions are let go"
        );
        let (start, count) = (Instant::now(), sessions.len().max(1) as u32);
        let mut due = VecDeque::with_capacity(sessions.len());
        for (place, session) in (0_u32..).zip(sessions) {
            session.push(notice.clone());
            due.push_back((start + window * place / count, session));
        }
        self.draining = Some(Draining { due, done: Some(done) });
        for (_, join) in std::mem::take(&mut self.joining) {
            let _ = join.reply.send(Err(NotJoined::Leaving));
        }
    }

    /// Closes the sessions whose time has come, and says when all have gone.
    pub(super) fn drain_on(&mut self, now: Instant) {
        let Some(draining) = &mut self.draining else { return };
        while let Some((_, session)) = draining.due.pop_front_if(|(at, _)| *at <= now) {
            session.end(Ending::Flushed(CloseCode::Drain));
        }
        if self.index.sessions() == 0
            && let Some(done) = draining.done.take()
        {
            // Whoever waited may have lost patience.
            let _ = done.send(());
        }
    }
}
