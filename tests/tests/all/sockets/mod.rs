//! The edge's sockets under a magnifying glass: edges with settings of the test's own, on a log in memory.

mod closing;
mod flooding;
mod joining;
mod large;
mod leaving;
mod presence;
mod readiness;
mod reads;
mod resume;
mod signals;
mod slow;
mod stopped;
mod tokens;

use serde_json::{Value, json};
use uuid::Uuid;

/// A send request.
fn send(thread: &str, content: &str) -> Value {
    json!({"type": "send", "thread": thread, "message": {"id": Uuid::now_v7(), "kind": "text", "content": content}})
}

/// The seqs of the event frames of a thread.
fn seqs(frames: &[Value], thread: &str) -> Vec<u64> {
    let events = frames.iter().filter(|frame| frame["type"] == "event" && frame["thread"] == thread);
    events.filter_map(|frame| frame["seq"].as_u64()).collect()
}
