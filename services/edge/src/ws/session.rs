//! A session: one task that reads, writes and watches the time.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use threadline_domain::{Timestamp, UserId};
use threadline_wire::{CloseCode, frame};
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::tungstenite::{self, Message};

use super::Parameters;
use super::closing;
use super::hello::Hello;
use super::message::{Messages, messages};
use super::open::{Opened, SessionGuard, open};
use crate::auth::Identity;
use crate::clock;
use crate::metrics;
use crate::serve::connection::Connection;
use crate::session::SessionHandle;
use crate::socket::Socket;
use crate::state::Edge;

/// A session that is in.
pub(super) struct Session {
    pub(super) edge: Arc<Edge>,
    pub(super) outbox: Arc<SessionHandle>,
    pub(super) user: UserId,
    /// When the token ends, leeway included, milliseconds since the epoch.
    pub(super) token_until_ms: i64,
    /// Whether the client was told that its token ends soon.
    pub(super) told_expiring: bool,
    /// Frames refused one after the other because they came too fast.
    pub(super) refused: u32,
    heard: Instant,
}

/// What a session has to react to.
enum Step {
    /// A frame, or that none can be read any more.
    Read(Option<Result<Message, tungstenite::Error>>),
    /// The time that was set.
    Due,
    /// To close with this code.
    Close(CloseCode),
    /// Nothing can be written any more.
    Gone,
}

/// A session that has joined the hub, and everything that comes before live events.
struct Entered {
    session: Session,
    messages: Messages,
    /// Given up when the connection has ended.
    _guard: SessionGuard,
}

/// Returns the task of a connection, from the upgrade to the close frame.
///
/// An idle session costs what the returned future holds. Everything that happens once, before the session is live or
/// after it, is in a box of its own that is freed as soon as it has happened.
pub(super) fn run(edge: Arc<Edge>, on_upgrade: OnUpgrade, parameters: Parameters) -> impl Future<Output = ()> + Send {
    let entering = Box::pin(enter(edge, on_upgrade, parameters));
    async move {
        let Some(mut entered) = entering.await else { return };
        let code = entered.session.live(&mut entered.messages).await;
        Box::pin(end(&entered.session.outbox, &mut entered.messages, code)).await;
    }
}

/// Takes the connection over and lets the session in. Returns nothing if that failed; the connection has ended then.
async fn enter(edge: Arc<Edge>, on_upgrade: OnUpgrade, parameters: Parameters) -> Option<Entered> {
    let upgraded = on_upgrade.await.ok()?;
    // Every listener of the edge serves such connections.
    let parts = upgraded.downcast::<TokioIo<Connection>>().ok()?;
    let socket = Socket::new(parts.io.into_inner(), parts.read_buf);
    let outbox = Arc::new(SessionHandle::new(&edge.config.sessions, socket));
    let mut messages = messages(Arc::clone(&outbox), edge.config.sessions.frame_bytes_max).await;
    let hello = match Hello::of(parameters) {
        Some(hello) => Ok(hello),
        None => Hello::read(&edge, &outbox, &mut messages).await,
    };
    let code = match hello {
        Ok(hello) => match open(&edge, hello, &outbox).await {
            Ok(Opened { user, identity, guard, first }) => {
                let session = Session::new(edge, Arc::clone(&outbox), user, &identity);
                match write_first(&outbox, first, session.silence_max()).await {
                    Ok(()) => return Some(Entered { session, messages, _guard: guard }),
                    Err(code) => {
                        end(&outbox, &mut messages, code).await;
                        return None;
                    }
                }
            }
            Err(code) => Some(code),
        },
        Err(code) => code,
    };
    end(&outbox, &mut messages, code).await;
    None
}

/// Ends the connection: with this code, or without one if the client has closed it.
async fn end(outbox: &Arc<SessionHandle>, messages: &mut Messages, code: Option<CloseCode>) {
    match code {
        Some(code) => closing::close(outbox, messages, code).await,
        None => closing::answer(outbox, messages).await,
    }
}

/// Writes what comes before everything live. What is live waits in the queue after it, within its bound. A client that
/// takes nothing for as long as `patience` is too slow; one that is to go asks for the rest elsewhere.
async fn write_first(outbox: &SessionHandle, first: Vec<Bytes>, patience: Duration) -> Result<(), Option<CloseCode>> {
    outbox.queue().open(first);
    loop {
        let left = outbox.queue().first_left();
        let flush = std::future::poll_fn(|cx| outbox.poll_flush(cx));
        let flushed = tokio::select! {
            flushed = tokio::time::timeout(patience, flush) => flushed,
            code = outbox.ending() => return Err(Some(code)),
        };
        match flushed {
            Ok(flushed) => return flushed.map_err(|_| None),
            Err(_) if outbox.queue().first_left() < left => {}
            Err(_) => {
                metrics::slow_sessions().increment(1);
                return Err(Some(CloseCode::Slow));
            }
        }
    }
}

impl Session {
    fn new(edge: Arc<Edge>, outbox: Arc<SessionHandle>, user: UserId, identity: &Identity) -> Self {
        let token_until_ms = token_until_ms(&edge, identity);
        Self { edge, outbox, user, token_until_ms, told_expiring: false, refused: 0, heard: Instant::now() }
    }

    /// Reads, writes and watches the time until there is a reason to end.
    async fn live(&mut self, messages: &mut Messages) -> Option<CloseCode> {
        let mut due = pin!(tokio::time::sleep_until(self.next_due()));
        loop {
            let step = std::future::poll_fn(|cx| self.poll_step(messages, due.as_mut(), cx)).await;
            match step {
                Step::Read(Some(Ok(message))) => {
                    self.heard = Instant::now();
                    match message {
                        Message::Text(text) => {
                            let token_until_ms = self.token_until_ms;
                            if let Err(code) = Box::pin(self.on_frame(&text)).await {
                                return Some(code);
                            }
                            // A refreshed token may end before the one that it replaces.
                            if self.token_until_ms < token_until_ms {
                                due.as_mut().reset(self.next_due());
                            }
                        }
                        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                        Message::Binary(_) => return Some(CloseCode::BadFrame),
                        Message::Close(_) => return None,
                    }
                }
                Step::Read(Some(Err(error))) => return closing::code_of(&error),
                Step::Read(None) | Step::Gone => return None,
                Step::Due => {
                    if let Some(code) = self.on_due() {
                        return Some(code);
                    }
                    due.as_mut().reset(self.next_due());
                }
                Step::Close(code) => return Some(code),
            }
        }
    }

    fn poll_step(&mut self, messages: &mut Messages, due: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Step> {
        self.outbox.queue().register(cx);
        if let Some(code) = self.outbox.queue().ended() {
            return Poll::Ready(Step::Close(code));
        }
        if let Poll::Ready(Err(_)) = self.outbox.poll_flush(cx) {
            return Poll::Ready(Step::Gone);
        }
        if let Some(code) = self.outbox.queue().ended() {
            return Poll::Ready(Step::Close(code));
        }
        // With too many requests under way nothing further is read: the client's own queue grows, not ours.
        if self.outbox.queue().takes_requests(self.edge.config.sessions.in_flight_max) {
            let read = messages.poll_next_unpin(cx);
            let extra = messages.get_mut().take_extra_frames();
            if extra > 0
                && let Err(code) = self.on_extra_frames(extra)
            {
                return Poll::Ready(Step::Close(code));
            }
            if let Poll::Ready(read) = read {
                return Poll::Ready(Step::Read(read));
            }
        }
        due.poll(cx).map(|()| Step::Due)
    }

    fn on_due(&mut self) -> Option<CloseCode> {
        let (sessions, now_ms) = (&self.edge.config.sessions, clock::now().millis());
        if now_ms >= self.token_until_ms {
            return Some(CloseCode::TokenExpired);
        }
        if !self.told_expiring
            && now_ms >= self.token_until_ms.saturating_sub(sessions.expiry_notice.as_millis() as i64)
        {
            self.told_expiring = true;
            self.outbox.send(&frame::token_expiring(Timestamp(self.token_until_ms)).into());
        }
        if !self.outbox.queue().takes_requests(sessions.in_flight_max) {
            // Not heard because not listened to.
            self.heard = Instant::now();
        }
        (self.heard.elapsed() >= self.silence_max()).then_some(CloseCode::NoHeartbeat)
    }

    /// When to look at the time again.
    fn next_due(&self) -> Instant {
        let notice_ms = if self.told_expiring { 0 } else { self.edge.config.sessions.expiry_notice.as_millis() as i64 };
        let token_ms = self.token_until_ms.saturating_sub(notice_ms).saturating_sub(clock::now().millis()).max(0);
        let token = Duration::from_millis(token_ms as u64).min(self.silence_max());
        (self.heard + self.silence_max()).min(Instant::now() + token)
    }

    /// A client not heard of for this long is gone: a little more than two heartbeats.
    fn silence_max(&self) -> Duration {
        self.edge.config.sessions.heartbeat * 9 / 4
    }
}

/// When an identity's token ends here, milliseconds since the epoch: as late as it would still be let in.
pub(super) fn token_until_ms(edge: &Edge, identity: &Identity) -> i64 {
    identity.expires_at.millis().saturating_add(edge.config.auth.leeway.as_millis() as i64)
}
