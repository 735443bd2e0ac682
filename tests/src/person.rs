//! A client as the SDK behaves: reconnects to any edge, resumes by cursor, drops what it has seen, fetches what a
//! `resync` names, and sends again, with the same id, whatever was not answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::checker::{Acknowledged, Seen};
use crate::socket::{Received, Socket};
use crate::token::token;

/// Requests sent and not yet answered, at most.
const IN_FLIGHT_MAX: usize = 32;
/// How long an answer may take before the request is sent again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
/// How long nothing may be heard before the connection counts as dead.
const SILENCE_MAX: Duration = Duration::from_secs(6);

/// What a person did and saw.
#[derive(Debug, Default)]
pub struct Diary {
    /// Sends answered `ok`, in the order of the answers.
    pub acknowledged: Vec<Acknowledged>,
    /// Events handed over, in order, each once.
    pub seen: Vec<Seen>,
    /// Events that came again and were dropped.
    pub repeated: usize,
    /// Connections made.
    pub connections: usize,
    /// Threads that had to be fetched because a `resync` named them.
    pub resyncs: usize,
    /// Errors that were not worth a retry.
    pub refused: Vec<Value>,
    outbox: VecDeque<Value>,
    in_flight: BTreeMap<u64, (Value, Instant)>,
    last_seq: BTreeMap<Uuid, u64>,
    cursor: Option<String>,
    requests: u64,
}

/// A person at work in the background.
pub struct Person {
    /// The user id.
    pub user: String,
    diary: Arc<Mutex<Diary>>,
    wake: Arc<Notify>,
    work: JoinHandle<()>,
}

impl Person {
    /// Starts connecting to any of the edges named by the watch, whenever there is no connection.
    pub fn start(user: &str, edges: watch::Receiver<Vec<String>>) -> Self {
        let diary = Arc::new(Mutex::new(Diary::default()));
        let wake = Arc::new(Notify::new());
        let life = Life { user: user.to_owned(), edges, diary: Arc::clone(&diary), wake: Arc::clone(&wake) };
        Self { user: user.to_owned(), diary, wake, work: tokio::spawn(life.live()) }
    }

    /// Puts a message into the outbox; returns its id.
    pub fn say(&self, thread: Uuid, content: &str) -> Uuid {
        let id = Uuid::now_v7();
        let frame = json!({"type": "send", "thread": thread,
            "message": {"id": id, "kind": "text", "content": content}});
        self.diary().outbox.push_back(frame);
        self.wake.notify_one();
        id
    }

    /// Whether everything said was answered.
    pub fn is_settled(&self) -> bool {
        let diary = self.diary();
        diary.outbox.is_empty() && diary.in_flight.is_empty()
    }

    /// The last seq seen of a thread.
    pub fn last_seq(&self, thread: Uuid) -> u64 {
        self.diary().last_seq.get(&thread).copied().unwrap_or(0)
    }

    /// How many sends were answered `ok`.
    pub fn acknowledged(&self) -> usize {
        self.diary().acknowledged.len()
    }

    /// Whether a connection was welcomed at least once.
    pub fn is_connected(&self) -> bool {
        self.diary().connections > 0
    }

    /// Ends it and returns the diary.
    pub async fn stop(self) -> Diary {
        self.work.abort();
        let _ = self.work.await;
        std::mem::take(&mut self.diary.lock().expect("no panic while writing"))
    }

    fn diary(&self) -> std::sync::MutexGuard<'_, Diary> {
        self.diary.lock().expect("no panic while writing")
    }
}

struct Life {
    user: String,
    edges: watch::Receiver<Vec<String>>,
    diary: Arc<Mutex<Diary>>,
    wake: Arc<Notify>,
}

impl Life {
    async fn live(self) {
        loop {
            let edges = self.edges.borrow().clone();
            let edge = &edges[rand::random_range(0..edges.len())];
            if let Ok(mut socket) = Socket::connect(edge).await {
                self.converse(edge, &mut socket).await;
            }
            // Full jitter, as the SDK does.
            tokio::time::sleep(Duration::from_millis(rand::random_range(5..150))).await;
        }
    }

    /// Until the connection ends or looks dead.
    async fn converse(&self, edge: &str, socket: &mut Socket) {
        let cursor = self.diary().cursor.clone();
        socket.send(json!({"id": 0, "type": "hello", "token": token(&self.user), "cursor": cursor})).await;
        let mut welcomed = false;
        let mut heard = Instant::now();
        loop {
            if welcomed {
                self.send_due(socket).await;
            }
            let received = tokio::select! {
                received = socket.receive_within(Duration::from_millis(500)) => received,
                () = self.wake.notified(), if welcomed => continue,
            };
            match received {
                Some(Received::Frame(frame)) => {
                    heard = Instant::now();
                    if frame["type"] == "welcome" {
                        welcomed = true;
                        self.welcomed(&frame);
                    } else if frame["type"] == "resync" {
                        if !self.refetch(edge, &frame).await {
                            return;
                        }
                    } else {
                        self.take(&frame);
                    }
                }
                Some(Received::Closed(_)) => return,
                None if heard.elapsed() > SILENCE_MAX => return,
                None => socket.send(json!({"type": "ping"})).await,
            }
        }
    }

    fn welcomed(&self, frame: &Value) {
        let mut diary = self.diary();
        diary.connections += 1;
        diary.adopt_cursor(frame);
        let unanswered: Vec<Value> =
            std::mem::take(&mut diary.in_flight).into_values().map(|(frame, _)| frame).collect();
        for frame in unanswered.into_iter().rev() {
            diary.outbox.push_front(frame);
        }
    }

    async fn send_due(&self, socket: &mut Socket) {
        let due: Vec<Value> = {
            let mut diary = self.diary();
            let late: Vec<u64> = diary
                .in_flight
                .iter()
                .filter(|(_, (_, since))| since.elapsed() > ANSWER_TIMEOUT)
                .map(|(&id, _)| id)
                .collect();
            for id in late.into_iter().rev() {
                let (frame, _) = diary.in_flight.remove(&id).expect("it was just found");
                diary.outbox.push_front(frame);
            }
            let mut due = Vec::new();
            while diary.in_flight.len() < IN_FLIGHT_MAX
                && let Some(mut frame) = diary.outbox.pop_front()
            {
                diary.requests += 1;
                let id = diary.requests;
                frame["id"] = json!(id);
                diary.in_flight.insert(id, (frame.clone(), Instant::now()));
                due.push(frame);
            }
            due
        };
        for frame in due {
            socket.send(frame).await;
        }
    }

    fn take(&self, frame: &Value) {
        let mut diary = self.diary();
        match frame["type"].as_str() {
            Some("event") => diary.hand_over(seen_of(frame)),
            Some("ok") => {
                let answered = frame["id"].as_u64().and_then(|id| diary.in_flight.remove(&id));
                if let Some((sent, _)) = answered {
                    let result = &frame["result"];
                    let acknowledged = Acknowledged {
                        client: self.user.clone(),
                        thread: uuid(&sent["thread"]),
                        message: uuid(&sent["message"]["id"]),
                        seq: result["seq"].as_u64().expect("an ok has a seq"),
                        number: result["number"].as_u64().expect("an ok of a send has a number"),
                    };
                    diary.acknowledged.push(acknowledged);
                }
            }
            Some("error") => {
                let answered = frame["id"].as_u64().and_then(|id| diary.in_flight.remove(&id));
                match answered {
                    Some((sent, _)) if frame["error"]["retryable"] == true => diary.outbox.push_back(sent),
                    _ => diary.refused.push(frame.clone()),
                }
            }
            _ => {}
        }
        diary.adopt_cursor(frame);
    }

    /// Fetches the timeline of every thread named, from the last seq seen on.
    async fn refetch(&self, edge: &str, frame: &Value) -> bool {
        for thread in frame["threads"].as_array().into_iter().flatten() {
            let thread = uuid(thread);
            let after = self.diary().last_seq.get(&thread).copied().unwrap_or(0);
            let Some(events) = timeline(edge, &self.user, thread, after).await else { return false };
            let mut diary = self.diary();
            diary.resyncs += 1;
            for event in events {
                diary.hand_over(event);
            }
        }
        self.diary().adopt_cursor(frame);
        true
    }

    fn diary(&self) -> std::sync::MutexGuard<'_, Diary> {
        self.diary.lock().expect("no panic while writing")
    }
}

impl Diary {
    /// Any frame with a cursor replaces the one held.
    fn adopt_cursor(&mut self, frame: &Value) {
        if let Some(cursor) = frame["cursor"].as_str() {
            self.cursor = Some(cursor.into());
        }
    }

    /// The SDK's rule: what is not above the last seq seen is a repetition.
    fn hand_over(&mut self, event: Seen) {
        let last = self.last_seq.entry(event.thread).or_insert(0);
        if event.seq <= *last {
            self.repeated += 1;
            return;
        }
        *last = event.seq;
        self.seen.push(event);
    }
}

/// A thread's events behind `after`, page by page, over REST; `None` when the edge cannot answer.
pub async fn timeline(edge: &str, user: &str, thread: Uuid, mut after: u64) -> Option<Vec<Seen>> {
    let http = reqwest::Client::new();
    let mut events = Vec::new();
    loop {
        let url = format!("{edge}/api/chat/threads/{thread}/events/?after_seq={after}");
        let answer = http.get(url).bearer_auth(token(user)).send().await.ok()?;
        let page: Value = answer.error_for_status().ok()?.json().await.ok()?;
        let page: Vec<Seen> = page["events"].as_array()?.iter().map(seen_of).collect();
        let Some(last) = page.last() else { return Some(events) };
        after = last.seq;
        events.extend(page);
    }
}

fn seen_of(frame: &Value) -> Seen {
    let event = &frame["event"];
    let posted = (event["type"] == "message_posted")
        .then(|| (uuid(&event["message"]["id"]), event["message"]["number"].as_u64().expect("a message has a number")));
    Seen {
        thread: uuid(&frame["thread"]),
        seq: frame["seq"].as_u64().expect("an event has a seq"),
        event: event.to_string(),
        posted,
    }
}

fn uuid(value: &Value) -> Uuid {
    value.as_str().and_then(|text| text.parse().ok()).expect("a UUID")
}
