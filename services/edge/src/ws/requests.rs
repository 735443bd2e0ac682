//! What a session does with its client's frames.

use std::sync::Arc;

use threadline_domain::ThreadId;
use threadline_domain::thread::{Action, Command};
use threadline_wire::frame::{self, ClientFrame, FrameError, Request, RequestError};
use threadline_wire::{CloseCode, ErrorCode};

use super::answer;
use super::session::{Session, token_until_ms};
use crate::auth::AuthError;
use crate::clock;
use crate::commands::Waiter;
use crate::hub::{Requester, SignalRequest};
use crate::metrics;
use crate::rate::cost;
use crate::sealing;
use crate::trace::Trace;

/// A request's id as JSON.
type Id = Option<Arc<str>>;

impl Session {
    /// Does what a frame asks for, or fails with the code to close with.
    pub(super) async fn on_frame(&mut self, text: &str) -> Result<(), CloseCode> {
        metrics::frames_received().increment(1);
        let (id, request) = match ClientFrame::parse(text) {
            Ok(ClientFrame { id, request }) => (id, Ok(request)),
            Err(FrameError::BadRequest(error)) => (error.id.clone(), Err(error)),
            Err(FrameError::BadFrame(_)) => return Err(CloseCode::BadFrame),
        };
        let tokens = match &request {
            Ok(request) => cost::of_frame(request, text.len()),
            Err(_) => cost::LEAST + cost::of_bytes(text.len()),
        };
        if let Err(retry_after_ms) = self.edge.rate.take(&self.user, tokens) {
            return self.on_too_fast(id, retry_after_ms);
        }
        self.refused = 0;
        match request {
            Ok(request) => self.on_request(id, request).await,
            Err(error) => {
                self.outbox.send(&answer::error(id, error));
                Ok(())
            }
        }
    }

    fn on_too_fast(&mut self, id: Id, retry_after_ms: u64) -> Result<(), CloseCode> {
        self.refuse(1)?;
        let error = RequestError::from(ErrorCode::RateLimited).for_request(id);
        self.outbox.send(&frame::error(&error, Some(retry_after_ms)).into());
        Ok(())
    }

    /// Takes account of frames that are no message of their own. They cost as much as the cheapest that are, and those
    /// that come too fast count as refused, though nothing says so.
    pub(super) fn on_extra_frames(&mut self, count: u32) -> Result<(), CloseCode> {
        for paid in 0..count {
            if self.edge.rate.take(&self.user, cost::LEAST).is_err() {
                return self.refuse(count - paid);
            }
        }
        Ok(())
    }

    fn refuse(&mut self, count: u32) -> Result<(), CloseCode> {
        self.refused = self.refused.saturating_add(count);
        if self.refused > self.edge.config.sessions.refused_max { Err(CloseCode::Rate) } else { Ok(()) }
    }

    async fn on_request(&mut self, id: Id, request: Request) -> Result<(), CloseCode> {
        match request {
            Request::Send { thread, message } => self.submit(id, thread, Action::Post(message)).await,
            Request::Edit { thread, edit } => self.submit(id, thread, Action::Edit(edit)).await,
            Request::Delete { thread, message } => self.submit(id, thread, Action::Delete { message }).await,
            Request::Read { thread, number } => {
                self.outbox.begin();
                self.edge.hub.read(self.requester(id), thread, number);
            }
            Request::Typing { thread, active } => {
                self.signal(id, |requester| SignalRequest::Typing { requester, thread, active });
            }
            Request::Presence { status } => self.signal(id, |requester| SignalRequest::Presence { requester, status }),
            Request::Ping => self.pong(id.as_deref()),
            Request::Auth { token } => return Box::pin(self.on_auth(id, &token)).await,
            Request::Hello { .. } => {
                self.outbox.send(&answer::error(id, RequestError::invalid("type", "hello was said already")));
            }
        }
        Ok(())
    }

    /// Appends a command; its outcome comes through the hub, after its event. Waits only for a key that is not in memory.
    async fn submit(&self, id: Id, thread: ThreadId, action: Action) {
        let trace = Trace::enter(None);
        let frame = if matches!(action, Action::Post(_)) { answer::posted } else { answer::written };
        let mut command = Command { thread, actor: self.user.clone().into(), at: clock::now(), action };
        if let Err(not_sealed) = sealing::seal(&self.edge.keyring, &mut command).await {
            return self.outbox.send(&answer::refused(id, &not_sealed.into()));
        }
        let _span = tracing::debug_span!("edge.ws.send", thread.id = %thread, trace.id = trace.id()).entered();
        let waiter = Waiter::Session { session: Arc::clone(&self.outbox), id, frame };
        self.outbox.begin();
        self.edge.aggregates.threads.submit(&command, Some(trace.header()), waiter);
    }

    /// Asks the task for signals, which answers.
    fn signal(&self, id: Id, request: impl FnOnce(Requester) -> SignalRequest) {
        self.outbox.begin();
        if self.edge.hub.signal(request(self.requester(id.clone()))).is_err() {
            let error = RequestError::new(ErrorCode::Unavailable, "too much is waiting; nothing has happened");
            self.outbox.finish(Some(answer::error(id, error)));
        }
    }

    fn requester(&self, id: Id) -> Requester {
        Requester { user: self.user.clone(), session: Arc::clone(&self.outbox), id }
    }

    /// The cursor is read before the answer is queued: every event below it is queued in front.
    fn pong(&self, id: Option<&str>) {
        let cursor = self.edge.hub.cursor();
        self.outbox.send(&frame::pong(id, &cursor).into());
    }

    /// A new token for the open socket. One that is refused leaves the session to its old one.
    async fn on_auth(&mut self, id: Id, token: &str) -> Result<(), CloseCode> {
        let identity = match self.edge.auth.verify(token).await {
            Ok(identity) => identity,
            Err(error) => {
                let code = match error {
                    AuthError::Refused(_) | AuthError::Expired => ErrorCode::Unauthenticated,
                    AuthError::Unavailable => ErrorCode::Unavailable,
                };
                let error = RequestError { field: Some("token".into()), ..RequestError::new(code, error.to_string()) };
                self.outbox.send(&answer::error(id, error));
                return Ok(());
            }
        };
        if identity.user() != Some(&self.user) {
            return Err(CloseCode::Forbidden);
        }
        self.token_until_ms = token_until_ms(&self.edge, &identity);
        self.told_expiring = false;
        self.outbox.send(&answer::expires(id.as_deref(), identity.expires_at));
        Ok(())
    }
}
