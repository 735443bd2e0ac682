//! One client on a WebSocket.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::clock::{Clock, read_message_id};
use super::tally::Tally;
use crate::error::Error;

/// Frames that wait to be sent on one socket.
const SENDS_MAX: usize = 1_024;
/// From the connection to the welcome.
const WELCOME_WITHIN: Duration = Duration::from_secs(30);
/// What the library sets aside for each socket.
const BUFFER_BYTES: usize = 4 * 1024;

/// A message to be sent.
#[derive(Clone, Debug)]
pub(super) struct Send {
    pub(super) thread: Arc<str>,
    pub(super) stage: u16,
    pub(super) scheduled_ns: u64,
    /// The content as a JSON string, quotes included.
    pub(super) content: Arc<str>,
}

/// What all sockets of a run share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) tally: Arc<Tally>,
    pub(super) stop: CancellationToken,
}

/// The parts of a server's frame that we look at.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: Option<u64>,
    thread: Option<Uuid>,
    seq: Option<u64>,
    #[serde(borrow)]
    event: Option<Event<'a>>,
    #[serde(borrow)]
    error: Option<Refusal<'a>>,
    heartbeat_ms: Option<u64>,
    cursor: Option<&'a str>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: Option<Posted>,
}

#[derive(Deserialize)]
struct Posted {
    id: Uuid,
}

#[derive(Deserialize)]
struct Refusal<'a> {
    code: &'a str,
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Socket {
    index: usize,
    stream: Stream,
    shared: Shared,
    /// The last seq seen of each thread.
    seen: HashMap<Uuid, u64>,
    /// Own messages whose `ok` has not come, by request: stage and scheduled time.
    waiting: HashMap<u64, (u16, u64)>,
    requests: u64,
}

/// Connects and says hello; then sends what comes through the returned channel and takes what the server sends.
pub(super) async fn connect(index: usize, url: &str, token: &str, shared: Shared) -> Result<mpsc::Sender<Send>, Error> {
    let Opened { stream, heartbeat, .. } = open(index, url, token, None).await?;
    let (sender, sends) = mpsc::channel(SENDS_MAX);
    let socket = Socket { index, stream, shared, seen: HashMap::new(), waiting: HashMap::new(), requests: 1 };
    tokio::spawn(socket.run(sends, heartbeat));
    Ok(sender)
}

/// A socket that has been welcomed.
pub(super) struct Opened {
    pub(super) stream: Stream,
    /// Where a later hello goes on.
    pub(super) cursor: String,
    heartbeat: Duration,
}

/// Connects and says hello, from a cursor on if there is one. What follows the welcome is still in the stream.
pub(super) async fn open(index: usize, url: &str, token: &str, cursor: Option<&str>) -> Result<Opened, Error> {
    let fault = |what: String| Error::Tool(format!("socket {index} to {url}: {what}"));
    let broken = |error| Error::Socket { index, url: url.to_owned(), source: Box::new(error) };
    let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(BUFFER_BYTES);
    let opening = async {
        let (mut stream, _) = connect_async_with_config(url, Some(config), true).await.map_err(broken)?;
        let hello = serde_json::json!({"id": 0, "type": "hello", "token": token, "cursor": cursor}).to_string();
        stream.send(Message::text(hello)).await.map_err(broken)?;
        loop {
            let frame = stream.next().await.ok_or_else(|| fault("closed before the welcome".into()))?;
            let frame = frame.map_err(broken)?;
            let Message::Text(text) = &frame else {
                if let Message::Close(why) = frame {
                    return Err(fault(format!("closed before the welcome: {why:?}")));
                }
                continue;
            };
            let welcome: Frame<'_> =
                serde_json::from_str(text).map_err(|error| fault(format!("the welcome cannot be read: {error}")))?;
            if welcome.kind == "welcome" {
                let heartbeat = Duration::from_millis(welcome.heartbeat_ms.unwrap_or(25_000));
                return Ok(Opened { cursor: welcome.cursor.unwrap_or_default().to_owned(), heartbeat, stream });
            }
        }
    };
    timeout(WELCOME_WITHIN, opening).await.map_err(|_| fault("no welcome in time".into()))?
}

/// Where a hello goes on after all that has come; `None` when the socket ends.
pub(super) async fn cursor_of(stream: &mut Stream) -> Option<String> {
    stream.send(Message::text(r#"{"type":"ping"}"#)).await.ok()?;
    loop {
        let Message::Text(text) = stream.next().await?.ok()? else { continue };
        let frame: Frame<'_> = serde_json::from_str(&text).ok()?;
        if frame.kind == "pong" {
            return frame.cursor.map(ToOwned::to_owned);
        }
    }
}

/// The seq of a message, if the frame says that one was posted.
pub(super) fn posted_seq(text: &str) -> Option<u64> {
    let frame: Frame<'_> = serde_json::from_str(text).ok()?;
    frame.event.filter(|event| event.kind == "message_posted").and(frame.seq)
}

impl Socket {
    async fn run(mut self, mut sends: mpsc::Receiver<Send>, heartbeat: Duration) {
        let mut heartbeats = interval(heartbeat);
        heartbeats.tick().await;
        let mut open = true;
        loop {
            let alive = tokio::select! {
                frame = self.stream.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        self.take(&text);
                        true
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                    Some(Ok(_)) => true,
                },
                send = sends.recv(), if open => {
                    open = send.is_some();
                    match send {
                        Some(send) => self.send(&send).await,
                        None => true,
                    }
                }
                _ = heartbeats.tick() => self.stream.send(Message::text(r#"{"type":"ping"}"#)).await.is_ok(),
                () = self.shared.stop.cancelled() => {
                    let _ = self.stream.close(None).await;
                    return;
                }
            };
            if !alive {
                self.shared.tally.fault(self.index, |faults| faults.disconnected += 1);
                return;
            }
        }
    }

    async fn send(&mut self, send: &Send) -> bool {
        let request = self.requests;
        self.requests += 1;
        self.waiting.insert(request, (send.stage, send.scheduled_ns));
        let (thread, content) = (&send.thread, &send.content);
        let id = self.shared.clock.message_id(send.stage, send.scheduled_ns);
        let frame = format!(
            r#"{{"id":{request},"type":"send","thread":"{thread}","message":{{"id":"{id}","kind":"text","content":{content}}}}}"#
        );
        self.stream.send(Message::text(frame)).await.is_ok()
    }

    fn take(&mut self, text: &str) {
        let now = self.shared.clock.now_ns();
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else {
            // An escape in a field that we borrow; none of ours has one.
            self.shared.tally.error(self.index, "unreadable_frame");
            return;
        };
        match frame.kind {
            "event" => self.take_event(&frame, now),
            "ok" => {
                if let Some((stage, scheduled_ns)) = frame.id.and_then(|id| self.waiting.remove(&id)) {
                    self.shared.tally.acknowledge(self.index, stage, now.saturating_sub(scheduled_ns));
                }
            }
            "error" => {
                frame.id.and_then(|id| self.waiting.remove(&id));
                self.shared.tally.error(self.index, frame.error.map_or("unknown", |error| error.code));
            }
            "resync" => self.shared.tally.error(self.index, "resync"),
            _ => {}
        }
    }

    fn take_event(&mut self, frame: &Frame<'_>, now: u64) {
        let (Some(thread), Some(seq), Some(event)) = (frame.thread, frame.seq, &frame.event) else { return };
        let tally = &self.shared.tally;
        // The first one may be any: a socket may have come later than the thread.
        if let Some(last) = self.seen.insert(thread, seq) {
            if seq <= last {
                tally.fault(self.index, |faults| faults.duplicated += 1);
                self.seen.insert(thread, last);
            } else if seq > last + 1 {
                tally.fault(self.index, |faults| faults.skipped += seq - last - 1);
            }
        }
        if event.kind != "message_posted" {
            return;
        }
        let Some(message) = &event.message else { return };
        let (stage, scheduled_ns) = read_message_id(message.id);
        // Of the events of its own messages, the sender only counts the answer.
        let own = self.waiting.values().any(|waiting| *waiting == (stage, scheduled_ns));
        if !own {
            tally.receive(self.index, stage, now.saturating_sub(scheduled_ns));
        }
    }
}
