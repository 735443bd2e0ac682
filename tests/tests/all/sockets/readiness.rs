//! Readiness of an edge: by where the log ends, not by anybody's clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use threadline_tests::deaf::DeafLog;
use threadline_tests::edges::Edges;
use threadline_tests::socket::{PATIENCE, Socket};
use threadline_tests::wait::until;
use uuid::Uuid;

async fn ready(edges: &Edges, edge: usize) -> (u16, Value) {
    let answer = reqwest::get(format!("{}/readyz", edges.url(edge))).await.expect("the edge answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn post(edges: &Edges, thread: &str) {
    let message = json!({"id": Uuid::now_v7(), "content": "a"});
    edges.rest(0, "ann").post(&format!("threads/{thread}/messages/"), message).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_is_ready_though_the_clock_of_the_log_is_decades_off() {
    // The log in memory counts time from its own start.
    let edges = Edges::start(1).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    for _ in 0..10 {
        post(&edges, &thread).await;
        ben.frame_of("event").await;
        let (status, body) = ready(&edges, 0).await;
        assert_eq!((status, &body["checks"]["hub"]), (200, &json!("ok")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_does_not_reach_the_end_of_the_log_is_not_ready() {
    let mut edges = Edges::start_with(1, |config| config.hub.lag_max = Duration::from_millis(300)).await;
    let deaf = edges.add_on(Arc::new(DeafLog(edges.log.process()))).await;
    let thread = edges.group("ann", &["ben"]).await;
    post(&edges, &thread).await;
    until("the deaf edge is not ready", PATIENCE, async || ready(&edges, deaf).await.0 == 503).await;
    let (_, body) = ready(&edges, deaf).await;
    let said = body["checks"]["hub"].as_str().expect("a text");
    assert!(said.contains("records behind the log"), "{said}");
    assert_eq!(ready(&edges, 0).await.0, 200, "the other edge is");
}
