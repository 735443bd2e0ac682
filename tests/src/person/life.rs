//! Connecting, sending what is due, taking what comes.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::diary::Diary;
use super::timeline::{seen_of, timeline, uuid};
use crate::checker::Acknowledged;
use crate::socket::{Received, Socket};
use crate::token::token;

/// Requests sent and not yet answered, at most.
const IN_FLIGHT_MAX: usize = 32;
/// How long an answer may take before the request is sent again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
/// How long to wait for a frame at a time.
const TICK: Duration = Duration::from_millis(500);
/// How often the edge is asked for a sign of life and a fresh cursor.
const PING_EVERY: Duration = Duration::from_millis(500);
/// How long nothing may be heard before the connection counts as dead.
const SILENCE_MAX: Duration = Duration::from_secs(6);

/// A person's connections, one after another.
pub(super) struct Life {
    pub(super) user: String,
    pub(super) http: Client,
    pub(super) edges: watch::Receiver<Vec<String>>,
    pub(super) diary: Arc<Mutex<Diary>>,
    pub(super) wake: Arc<Notify>,
}

impl Life {
    pub(super) async fn live(self) {
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
        let (mut heard, mut pinged) = (Instant::now(), Instant::now());
        loop {
            if welcomed {
                self.send_due(socket).await;
            }
            if welcomed && pinged.elapsed() >= PING_EVERY {
                pinged = Instant::now();
                socket.send(json!({"type": "ping"})).await;
            }
            let received = tokio::select! {
                received = socket.receive_within(TICK) => received,
                () = self.wake.notified(), if welcomed => continue,
            };
            match received {
                Some(Received::Frame(frame)) => {
                    heard = Instant::now();
                    if frame["type"] == "welcome" {
                        welcomed = true;
                        self.welcomed(&frame);
                    } else if frame["type"] == "resync" {
                        self.diary().resync(&frame);
                        self.fetch_stale(edge).await;
                    } else {
                        if frame["type"] == "event" && !self.is_in_step(edge, &frame).await {
                            return;
                        }
                        self.take(&frame);
                    }
                }
                Some(Received::Closed(_)) => return,
                None if heard.elapsed() > SILENCE_MAX => return,
                None => self.fetch_stale(edge).await,
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
                if frame["error"]["retryable"] != true {
                    diary.refused.push(frame.clone());
                } else if let Some((sent, _)) = answered {
                    diary.outbox.push_back(sent);
                } // Otherwise it came too late: the message was sent again.
            }
            _ => {}
        }
        diary.adopt_cursor(frame);
    }

    /// Fetches the events that are missing before an event of a stale thread, and retries while the edge cannot answer.
    /// Returns false after [`SILENCE_MAX`]; the next connection resumes before the event.
    async fn is_in_step(&self, edge: &str, event: &Value) -> bool {
        let since = Instant::now();
        while self.diary().is_ahead(event) {
            if since.elapsed() > SILENCE_MAX {
                return false;
            }
            self.fetch_stale(edge).await;
            if self.diary().is_ahead(event) {
                tokio::time::sleep(TICK).await;
            }
        }
        true
    }

    /// Fetches what came after the last seq seen of every stale thread.
    async fn fetch_stale(&self, edge: &str) {
        let stale: Vec<(Uuid, u64)> = {
            let diary = self.diary();
            diary.stale.iter().map(|thread| (*thread, diary.last_seq.get(thread).copied().unwrap_or(0))).collect()
        };
        for (thread, after) in stale {
            for event in timeline(&self.http, edge, &self.user, thread, after).await.into_iter().flatten() {
                self.diary().hand_over(event);
            }
        }
    }

    fn diary(&self) -> MutexGuard<'_, Diary> {
        self.diary.lock().expect("no panic while writing")
    }
}
