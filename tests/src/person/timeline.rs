//! Events as REST and frames show them.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::checker::Seen;
use crate::token::token;

/// A thread's events after `after`, page by page, over REST; `None` when the edge cannot answer. On 429 it waits
/// `retry_after_ms` and asks for the same page again: starting over would spend every token on the first page.
pub async fn timeline(http: &Client, edge: &str, user: &str, thread: Uuid, mut after: u64) -> Option<Vec<Seen>> {
    let mut events = Vec::new();
    loop {
        let url = format!("{edge}/api/chat/threads/{thread}/events/?after_seq={after}&limit=200");
        let answer = http.get(url).bearer_auth(token(user)).send().await.ok()?;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            let problem: Value = answer.json().await.ok()?;
            tokio::time::sleep(Duration::from_millis(problem["retry_after_ms"].as_u64()?)).await;
            continue;
        }
        let page: Value = answer.error_for_status().ok()?.json().await.ok()?;
        let page: Vec<Seen> = page["events"].as_array()?.iter().map(seen_of).collect();
        let Some(last) = page.last() else { return Some(events) };
        after = last.seq;
        events.extend(page);
    }
}

pub(super) fn seen_of(frame: &Value) -> Seen {
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

pub(super) fn uuid(value: &Value) -> Uuid {
    value.as_str().and_then(|text| text.parse().ok()).expect("a UUID")
}
