//! A client as the SDK behaves: reconnects to any edge, resumes by cursor, drops what it has seen, fetches what a
//! `resync` names, and sends again, with the same id, whatever was not answered.

mod diary;
mod life;
mod timeline;

use std::sync::{Arc, Mutex};

use reqwest::Client;
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use diary::Diary;
use life::Life;
pub use timeline::timeline;

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
    pub fn start(user: &str, http: &Client, edges: watch::Receiver<Vec<String>>) -> Self {
        let diary = Arc::new(Mutex::new(Diary::default()));
        let wake = Arc::new(Notify::new());
        let life = Life {
            user: user.to_owned(),
            http: http.clone(),
            edges,
            diary: Arc::clone(&diary),
            wake: Arc::clone(&wake),
        };
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
