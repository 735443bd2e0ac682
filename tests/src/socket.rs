//! A bare WebSocket client: JSON frames in, JSON frames out, nothing hidden.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

use crate::token::token;

/// How long a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that came while an answer was awaited.
    inbox: VecDeque<Value>,
    requests: u64,
}

/// What a connection brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A frame.
    Frame(Value),
    /// The other side closed, with this code (1006 when it just went away).
    Closed(u16),
}

impl Socket {
    /// Connects to a base URL such as `http://127.0.0.1:8080`.
    pub async fn connect(base: &str) -> Result<Self, Error> {
        Self::open(&format!("{}/ws", base.replacen("http", "ws", 1))).await
    }

    /// Connects to a WebSocket URL.
    pub async fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(url, &[]).await
    }

    /// Connects to a WebSocket URL with these further headers.
    pub async fn open_with(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header's value"));
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { stream, inbox: VecDeque::new(), requests: 0 })
    }

    /// Connects with a receive buffer so small that an unread socket is soon full.
    pub async fn narrow(base: &str) -> Self {
        let address = base.trim_start_matches("http://").parse().expect("a base URL names an address");
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.set_recv_buffer_size(4_096).expect("buffers can be small");
        let stream = MaybeTlsStream::Plain(socket.connect(address).await.expect("the edge accepts a connection"));
        let url = format!("{}/ws", base.replacen("http", "ws", 1));
        let (stream, _) = tokio_tungstenite::client_async(url, stream).await.expect("the edge upgrades");
        Self { stream, inbox: VecDeque::new(), requests: 0 }
    }

    /// Connects and says hello; returns the welcome too.
    pub async fn hello(base: &str, user: &str, cursor: Option<&str>) -> (Self, Value) {
        let mut socket = Self::connect(base).await.expect("the edge accepts a connection");
        socket.send(json!({"id": 0, "type": "hello", "token": token(user), "cursor": cursor})).await;
        let welcome = socket.frame().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (socket, welcome)
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.text(&frame.to_string()).await;
    }

    /// Sends a text frame as it is.
    pub async fn text(&mut self, text: &str) {
        let _ = self.stream.send(Message::text(text)).await;
    }

    /// Sends a binary frame.
    pub async fn binary(&mut self, bytes: Vec<u8>) {
        let _ = self.stream.send(Message::binary(bytes)).await;
    }

    /// The next frame or the end, whichever comes; panics after [`PATIENCE`].
    pub async fn receive(&mut self) -> Received {
        if let Some(frame) = self.inbox.pop_front() {
            return Received::Frame(frame);
        }
        self.read().await
    }

    /// Like [`receive`](Self::receive), within `wait`; `None` when nothing came.
    pub async fn receive_within(&mut self, wait: Duration) -> Option<Received> {
        if let Some(frame) = self.inbox.pop_front() {
            return Some(Received::Frame(frame));
        }
        tokio::time::timeout(wait, self.raw()).await.ok()
    }

    /// The next frame; panics on a close.
    pub async fn frame(&mut self) -> Value {
        match self.receive().await {
            Received::Frame(frame) => frame,
            Received::Closed(code) => panic!("closed with {code} where a frame was due"),
        }
    }

    /// The next frame of this type; frames of other types before it are dropped.
    pub async fn frame_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The close code; frames before it are dropped.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Received::Closed(code) = self.receive().await {
                return code;
            }
        }
    }

    /// Sends a request with an id of its own and waits for its answer; other frames stay for later.
    pub async fn request(&mut self, mut frame: Value) -> Value {
        self.requests += 1;
        let id = json!(self.requests);
        frame["id"] = id.clone();
        self.send(frame).await;
        self.answer(&id).await
    }

    /// Waits for the answer to a request; other frames stay for later.
    pub async fn answer(&mut self, id: &Value) -> Value {
        if let Some(at) = self.inbox.iter().position(|frame| frame["id"] == *id) {
            return self.inbox.remove(at).expect("it was just found");
        }
        loop {
            match self.read().await {
                Received::Frame(frame) if frame["id"] == *id => return frame,
                Received::Frame(frame) => self.inbox.push_back(frame),
                Received::Closed(code) => panic!("closed with {code} where an answer was due"),
            }
        }
    }

    /// Posts a text; returns the `result` of its `ok`.
    pub async fn say(&mut self, thread: &str, content: &str) -> Value {
        let message = json!({"id": Uuid::now_v7(), "kind": "text", "content": content});
        let mut answer = self.request(json!({"type": "send", "thread": thread, "message": message})).await;
        assert_eq!(answer["type"], "ok", "{answer}");
        answer["result"].take()
    }

    /// A request that must be refused; returns the `error`.
    pub async fn refused(&mut self, frame: Value) -> Value {
        let mut answer = self.request(frame).await;
        assert_eq!(answer["type"], "error", "{answer}");
        answer["error"].take()
    }

    /// The next event frame of this thread; other frames before it are dropped.
    pub async fn event(&mut self, thread: &str) -> Value {
        loop {
            let frame = self.frame_of("event").await;
            if frame["thread"] == thread {
                return frame;
            }
        }
    }

    /// The next event frame of this thread, which must be of this type.
    pub async fn event_of(&mut self, thread: &str, kind: &str) -> Value {
        let frame = self.event(thread).await;
        assert_eq!(frame["event"]["type"], kind, "{frame}");
        frame
    }

    /// A ping: all frames that came before its answer, and the cursor in it.
    pub async fn sync(&mut self) -> (Vec<Value>, String) {
        self.requests += 1;
        self.send(json!({"id": self.requests, "type": "ping"})).await;
        let mut before = Vec::new();
        loop {
            let frame = self.frame().await;
            if frame["type"] == "pong" {
                return (before, frame["cursor"].as_str().expect("a pong has a cursor").to_owned());
            }
            before.push(frame);
        }
    }

    /// Goes away without a goodbye.
    pub fn cut(self) {}

    async fn read(&mut self) -> Received {
        tokio::time::timeout(PATIENCE, self.raw()).await.expect("a frame or a close within the test's patience")
    }

    async fn raw(&mut self) -> Received {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Received::Frame(serde_json::from_str(&text).expect("server frames are JSON"));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Received::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Received::Closed(1006),
            }
        }
    }
}
