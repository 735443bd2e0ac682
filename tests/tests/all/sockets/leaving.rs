//! An edge that goes.

use std::time::{Duration, Instant};

use serde_json::json;
use threadline_tests::edges::Edges;
use threadline_tests::socket::{Received, Socket};

use super::{send, seqs};

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_told_and_closed_over_the_window_and_go_on_elsewhere() {
    const WINDOW: Duration = Duration::from_secs(1);
    let mut edges = Edges::start_with(2, |config| config.drain_window = WINDOW).await;
    let thread = edges.group("ann", &["ben"]).await;
    let mut cursors = Vec::new();
    let mut leaving = Vec::new();
    for n in 0..10 {
        let user = ["ann", "ben"][n % 2];
        let (mut socket, welcome) = Socket::hello(edges.url(0), user, None).await;
        cursors.push((user, welcome["cursor"].as_str().unwrap().to_owned()));
        leaving.push(tokio::spawn(async move {
            assert_eq!(socket.frame_of("drain").await["reconnect_within_ms"], 1_000);
            let told = Instant::now();
            (socket.closed().await, told.elapsed())
        }));
    }
    let mut silent = Socket::connect(edges.url(0)).await.unwrap();
    edges.stop(0).await;
    let mut spread = Vec::new();
    for socket in leaving {
        let (code, after) = socket.await.unwrap();
        assert_eq!(code, 1012);
        spread.push(after);
    }
    spread.sort();
    assert!(spread[9] >= spread[0] + WINDOW / 2, "all at once: {spread:?}");
    assert_eq!(silent.receive().await, Received::Closed(1012));
    assert!(Socket::connect(edges.url(0)).await.is_err(), "nobody listens any more");

    let (mut ann, _) = Socket::hello(edges.url(1), "ann", None).await;
    ann.say(&thread, "meanwhile").await;
    for (user, cursor) in cursors {
        let (mut socket, welcome) = Socket::hello(edges.url(1), user, Some(&cursor)).await;
        assert_eq!(welcome["recovered"], true);
        assert_eq!(seqs(&socket.sync().await.0, &thread), [2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_the_end_is_answered() {
    let mut edges = Edges::start_with(1, |config| config.drain_window = Duration::from_millis(100)).await;
    let thread = edges.group("ann", &[]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    for id in 0..50 {
        let mut request = send(&thread, "last words");
        request["id"] = json!(id);
        ann.send(request).await;
    }
    let reading = tokio::spawn(async move {
        let (mut answered, mut events) = (0, 0);
        loop {
            match ann.receive().await {
                Received::Frame(frame) if frame["type"] == "ok" => answered += 1,
                Received::Frame(frame) if frame["type"] == "event" => events += 1,
                Received::Frame(_) => {}
                Received::Closed(code) => return (code, answered, events),
            }
        }
    });
    edges.stop(0).await;
    let (code, answered, events) = reading.await.unwrap();
    assert_eq!(code, 1012);
    assert_eq!(answered, events, "whatever was taken was answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_hub_that_is_gone_are_sent_elsewhere() {
    let edges = Edges::start(1).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    edges.kill(0);
    assert_eq!(ann.closed().await, 1012);
}
