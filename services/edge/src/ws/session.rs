//! A session: one task that reads, writes and watches the time.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use threadline_domain::{Timestamp, UserId};
use threadline_wire::{CloseCode, frame};
use tokio::time::{Instant, Sleep};

use super::Parameters;
use super::closing;
use super::hello::Hello;
use super::message::text_of;
use super::open::{Opened, Seat, open};
use crate::auth::Identity;
use crate::clock;
use crate::session::SessionHandle;
use crate::state::Edge;

/// Frames written before the session looks at what else there is to do.
const FRAMES_PER_TURN_MAX: usize = 128;

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
    Read(Option<Result<Message, axum::Error>>),
    /// The time that was set.
    Due,
    /// To close with this code.
    Close(CloseCode),
    /// Nothing can be written any more.
    Gone,
}

/// How a session ends: the code to close with, none when the client has gone, and the place to be given up after that.
type End = (Option<CloseCode>, Option<Seat>);

/// Runs a connection to its end.
pub(super) async fn run(edge: Arc<Edge>, mut socket: WebSocket, parameters: Parameters) {
    // What happens once is boxed: an idle session is to be small.
    let hello = match Hello::of(parameters) {
        Some(hello) => Ok(hello),
        None => Box::pin(Hello::read(&edge, &mut socket)).await,
    };
    let (code, seat) = match hello {
        Ok(hello) => Box::pin(converse(edge, &mut socket, hello)).await,
        Err(code) => (code, None),
    };
    match code {
        Some(code) => Box::pin(closing::close(&mut socket, code)).await,
        None => Box::pin(closing::answer(&mut socket)).await,
    }
    drop(seat);
}

async fn converse(edge: Arc<Edge>, socket: &mut WebSocket, hello: Hello) -> End {
    let outbox = Arc::new(SessionHandle::new(&edge.config.sessions));
    let opened = Box::pin(open(&edge, hello, &outbox)).await;
    let Opened { user, identity, seat, first } = match opened {
        Ok(opened) => opened,
        Err(code) => return (Some(code), None),
    };
    let mut session = Session::new(edge, Arc::clone(&outbox), user, &identity);
    let patience = session.silence_max();
    let code = match Box::pin(write_first(socket, first, &outbox, patience)).await {
        Ok(()) => session.live(socket).await,
        Err(code) => code,
    };
    (code, Some(seat))
}

/// Writes what comes before everything live. What is live waits in the outbox meanwhile, within its bound. A client that
/// takes no frame for as long as `patience` is too slow; one that is to go asks for the rest elsewhere.
async fn write_first(
    socket: &mut WebSocket,
    first: Vec<Bytes>,
    outbox: &SessionHandle,
    patience: Duration,
) -> Result<(), Option<CloseCode>> {
    let count = first.len() as u64;
    let write = async {
        for frame in first {
            in_time(patience, socket.feed(text_of(frame))).await?;
        }
        in_time(patience, socket.flush()).await
    };
    tokio::select! {
        written = write => written?,
        code = outbox.ending() => return Err(Some(code)),
    }
    metrics::counter!("threadline_edge_frames_out_total").increment(count);
    Ok(())
}

async fn in_time(
    patience: Duration,
    write: impl Future<Output = Result<(), axum::Error>>,
) -> Result<(), Option<CloseCode>> {
    if let Ok(written) = tokio::time::timeout(patience, write).await {
        return written.map_err(|_| None);
    }
    metrics::counter!("threadline_edge_slow_sessions_total").increment(1);
    Err(Some(CloseCode::Slow))
}

impl Session {
    fn new(edge: Arc<Edge>, outbox: Arc<SessionHandle>, user: UserId, identity: &Identity) -> Self {
        let token_until_ms = token_until_ms(&edge, identity);
        Self { edge, outbox, user, token_until_ms, told_expiring: false, refused: 0, heard: Instant::now() }
    }

    /// Reads, writes and watches the time until there is a reason to end.
    async fn live(&mut self, socket: &mut WebSocket) -> Option<CloseCode> {
        let mut unflushed = false;
        let mut due = pin!(tokio::time::sleep_until(self.next_due()));
        loop {
            let step = std::future::poll_fn(|cx| self.poll_step(socket, &mut unflushed, due.as_mut(), cx)).await;
            match step {
                Step::Read(Some(Ok(message))) => {
                    self.heard = Instant::now();
                    match message {
                        Message::Text(text) => {
                            let token_until_ms = self.token_until_ms;
                            if let Err(code) = self.on_frame(&text).await {
                                return Some(code);
                            }
                            // A refreshed token may end before the one that it replaces.
                            if self.token_until_ms < token_until_ms {
                                due.as_mut().reset(self.next_due());
                            }
                        }
                        Message::Ping(_) | Message::Pong(_) => {}
                        Message::Binary(_) => return Some(CloseCode::BadFrame),
                        Message::Close(_) => return None,
                    }
                }
                Step::Read(Some(Err(error))) => return closing::code_of(error),
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

    fn poll_step(
        &self,
        socket: &mut WebSocket,
        unflushed: &mut bool,
        due: Pin<&mut Sleep>,
        cx: &mut Context<'_>,
    ) -> Poll<Step> {
        self.outbox.queue().register(cx);
        if let Some(code) = self.outbox.queue().ended(!*unflushed) {
            return Poll::Ready(Step::Close(code));
        }
        if self.poll_write(socket, unflushed, cx).is_err() {
            return Poll::Ready(Step::Gone);
        }
        if !*unflushed && let Some(code) = self.outbox.queue().ended(true) {
            return Poll::Ready(Step::Close(code));
        }
        // With too many requests under way nothing further is read: the client's own queue grows, not ours.
        if self.outbox.queue().takes_requests(self.edge.config.sessions.in_flight_max)
            && let Poll::Ready(read) = socket.poll_next_unpin(cx)
        {
            return Poll::Ready(Step::Read(read));
        }
        due.poll(cx).map(|()| Step::Due)
    }

    /// Writes what waits, as far as the client takes it, and flushes once.
    fn poll_write(
        &self,
        socket: &mut WebSocket,
        unflushed: &mut bool,
        cx: &mut Context<'_>,
    ) -> Result<(), axum::Error> {
        let mut written = 0;
        while let Poll::Ready(ready) = socket.poll_ready_unpin(cx) {
            ready?;
            if written == FRAMES_PER_TURN_MAX {
                cx.waker().wake_by_ref();
                break;
            }
            let Some(frame) = self.outbox.queue().pop() else { break };
            socket.start_send_unpin(text_of(frame))?;
            *unflushed = true;
            written += 1;
        }
        if written > 0 {
            metrics::counter!("threadline_edge_frames_out_total").increment(written as u64);
        }
        if *unflushed && let Poll::Ready(flushed) = socket.poll_flush_unpin(cx) {
            flushed?;
            *unflushed = false;
        }
        Ok(())
    }

    fn on_due(&mut self) -> Option<CloseCode> {
        let (sessions, now_ms) = (&self.edge.config.sessions, clock::now().millis());
        if now_ms >= self.token_until_ms {
            return Some(CloseCode::TokenExpired);
        }
        if !self.told_expiring && now_ms >= self.token_until_ms.saturating_sub(sessions.expiry_notice_ms as i64) {
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
        let notice_ms = if self.told_expiring { 0 } else { self.edge.config.sessions.expiry_notice_ms as i64 };
        let token_ms = self.token_until_ms.saturating_sub(notice_ms).saturating_sub(clock::now().millis()).max(0);
        let token = Duration::from_millis(token_ms as u64).min(self.silence_max());
        (self.heard + self.silence_max()).min(Instant::now() + token)
    }

    /// A client not heard of for this long is gone: a little more than two heartbeats.
    fn silence_max(&self) -> Duration {
        Duration::from_millis(self.edge.config.sessions.heartbeat_ms * 9 / 4)
    }
}

/// When an identity's token ends here, milliseconds since the epoch: as late as it would still be let in.
pub(super) fn token_until_ms(edge: &Edge, identity: &Identity) -> i64 {
    identity.expires_at.millis().saturating_add(edge.config.auth.leeway_s.saturating_mul(1_000) as i64)
}
