//! A client that does not read.

use std::time::Duration;

use serde_json::json;
use threadline_tests::edges::Edges;
use threadline_tests::socket::{PATIENCE, Received, Socket};
use threadline_tests::token::token;
use threadline_tests::wait::until;

use super::send;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_closed_at_its_bound_and_resumes_and_others_do_not_notice() {
    let edges = Edges::start_with(1, |config| {
        config.sessions.queue_bytes_max = 256 * 1024;
        config.hub.missed_per_thread_max = 1_000;
        config.hub.backlog_bytes_max = 16 * 1024 * 1024;
        (config.rate.per_second, config.rate.burst) = (100_000, 100_000);
    })
    .await;
    let thread = edges.group("ann", &["ben", "cleo"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut cleo, _) = Socket::hello(edges.url(0), "cleo", None).await;
    let mut ben = Socket::narrow(edges.url(0)).await;
    ben.send(json!({"type": "hello", "token": token("ben")})).await;
    let welcome = ben.frame_of("welcome").await;
    let cursor = welcome["cursor"].as_str().unwrap();

    // More than the kernel's buffers and the session's queue can take.
    const MESSAGES: u64 = 800;
    let content = "x".repeat(9_000);
    let listening = tokio::spawn({
        let thread = thread.clone();
        async move {
            for seq in 2..MESSAGES + 2 {
                assert_eq!(cleo.event(&thread).await["seq"], seq);
            }
        }
    });
    for _ in 0..MESSAGES {
        assert_eq!(ann.request(send(&thread, &content)).await["type"], "ok");
        ann.event(&thread).await;
    }
    listening.await.unwrap();

    // What was written before is there; then comes the close.
    let mut heard = 1;
    let code = loop {
        match ben.receive().await {
            Received::Frame(frame) if frame["type"] == "event" => {
                heard += 1;
                assert_eq!(frame["seq"], heard);
            }
            Received::Frame(_) => {}
            Received::Closed(code) => break code,
        }
    };
    assert!(heard < MESSAGES, "the client was fast enough");
    // Whoever comes back too late for the close frame finds the connection gone.
    assert!(code == 4001 || code == 1006, "{code}");

    let (mut ben, welcome) = Socket::hello(edges.url(0), "ben", Some(cursor)).await;
    assert_eq!(welcome["recovered"], true);
    for seq in 2..MESSAGES + 2 {
        assert_eq!(ben.event(&thread).await["seq"], seq);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_close_of_a_slow_client_says_so() {
    let edges = Edges::start_with(1, |config| config.sessions.queue_frames_max = 2).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    let mut bursts = 0;
    let code = loop {
        // Many events at once: more than two wait before the session gets to write.
        bursts += 1;
        assert!(bursts < 200, "never slow");
        let owner = edges.rest(0, "ann");
        let path = format!("threads/{thread}/messages/");
        let burst = (0..30).map(|_| owner.post(&path, json!({"kind": "text", "content": "burst"})));
        futures_util::future::join_all(burst).await;
        let closed = async {
            loop {
                match ben.receive_within(Duration::from_millis(20)).await {
                    Some(Received::Closed(code)) => return Some(code),
                    Some(Received::Frame(_)) => {}
                    None => return None,
                }
            }
        };
        if let Some(code) = closed.await {
            break code;
        }
    };
    assert_eq!(code, 4001);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_what_it_missed_loses_its_place() {
    let edges = Edges::start_with(1, |config| {
        config.sessions.heartbeat = Duration::from_millis(100);
        config.sessions.per_user_max = 1;
        config.hub.ring_bytes_max = 64 * 1024 * 1024;
        config.hub.backlog_bytes_max = 64 * 1024 * 1024;
        (config.rate.per_second, config.rate.burst) = (100_000, 100_000);
    })
    .await;
    let thread = edges.group("ann", &["ben"]).await;
    let (ben, welcome) = Socket::hello(edges.url(0), "ben", None).await;
    ben.cut();
    let (owner, path) = (edges.rest(0, "ann"), format!("threads/{thread}/messages/"));
    let content = "x".repeat(9_000);
    for _ in 0..10 {
        let burst = (0..100).map(|_| owner.post(&path, json!({"kind": "text", "content": content})));
        futures_util::future::join_all(burst).await.into_iter().for_each(|posted| drop(posted.is(201)));
    }
    let free = async || {
        let mut other = Socket::connect(edges.url(0)).await.unwrap();
        other.send(json!({"type": "hello", "token": token("ben")})).await;
        match other.receive().await {
            Received::Frame(_) => true,
            Received::Closed(code) => {
                assert_eq!(code, 4504);
                false
            }
        }
    };
    // In, with more to read than the kernel's buffers take; it reads the welcome and no further. Whoever comes before
    // the old connection is seen to be gone is refused, and comes again.
    let mut stuck = Socket::narrow(edges.url(0)).await;
    until("its place is free", PATIENCE, async || {
        stuck.send(json!({"type": "hello", "token": token("ben"), "cursor": welcome["cursor"]})).await;
        match stuck.receive().await {
            Received::Frame(frame) => frame["type"] == "welcome",
            Received::Closed(code) => {
                assert_eq!(code, 4504);
                stuck = Socket::narrow(edges.url(0)).await;
                false
            }
        }
    })
    .await;
    assert!(!free().await, "the backlog was written at once");
    until("its place is free again", PATIENCE, free).await;
}
