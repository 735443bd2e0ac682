//! Typing and presence.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use threadline_edge::EdgeConfig;
use threadline_tests::edges::Edges;
use threadline_tests::socket::Socket;

fn quick(config: &mut EdgeConfig) {
    config.signals.typing = Duration::from_millis(400);
    config.signals.alive = Duration::from_millis(100);
    config.signals.edge_silent = Duration::from_millis(600);
    config.signals.offline_after = Duration::from_millis(200);
}

/// The users of a presence frame.
fn users(frame: &Value) -> &[Value] {
    frame["users"].as_array().expect("users")
}

/// How present this user is, by the next presence frame that says so.
pub(super) async fn presence_of(socket: &mut Socket, user: &str) -> Value {
    loop {
        let frame = socket.frame_of("presence").await;
        if let Some(found) = users(&frame).iter().find(|other| other["user"] == user) {
            return found["status"].clone();
        }
    }
}

async fn typing(socket: &mut Socket, thread: &str, status: &str) {
    let ok = socket.request(json!({"type": "typing", "thread": thread, "status": status})).await;
    assert_eq!(ok["type"], "ok", "{ok}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_typing_start_and_stop_and_it_ends_by_itself() {
    let edges = Edges::start_with(2, quick).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    let (mut eve, _) = Socket::hello(edges.url(1), "eve", None).await;
    typing(&mut ann, &thread, "start").await;
    typing(&mut ann, &thread, "start").await;
    typing(&mut ann, &thread, "stop").await;
    for status in ["start", "stop"] {
        let frame = ben.frame_of("typing").await;
        assert_eq!(frame, json!({"type": "typing", "thread": thread, "user": "ann", "status": status}));
    }
    typing(&mut ann, &thread, "start").await;
    assert_eq!(ben.frame_of("typing").await["status"], "start");
    assert_eq!(ben.frame_of("typing").await["status"], "stop", "without a further start");
    for socket in [&mut ann, &mut eve] {
        let (before, _) = socket.sync().await;
        assert!(before.iter().all(|frame| frame["type"] != "typing"), "{before:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shares_a_thread_sees_who_comes_looks_away_and_goes() {
    let edges = Edges::start_with(2, quick).await;
    edges.group("ann", &["ben", "cleo"]).await;
    edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut eve, _) = Socket::hello(edges.url(0), "eve", None).await;
    let (mut ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
    assert_eq!(presence_of(&mut ben, "ann").await, "active", "who comes is told who is there");
    ben.request(json!({"type": "presence", "status": "away"})).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "away");
    // A second session counts as well: the most present one is shown.
    let (phone, _) = Socket::hello(edges.url(0), "ben", None).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
    phone.cut();
    assert_eq!(presence_of(&mut ann, "ben").await, "away");
    ben.cut();
    assert_eq!(presence_of(&mut ann, "ben").await, "offline");
    let (before, _) = eve.sync().await;
    assert!(before.iter().all(|frame| frame["type"] != "presence"), "{before:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_into_a_thread_is_told_who_is_there() {
    let edges = Edges::start_with(2, quick).await;
    let thread = edges.group("cleo", &["ben"]).await;
    let (mut cleo, _) = Socket::hello(edges.url(0), "cleo", None).await;
    let (_ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    assert_eq!(presence_of(&mut cleo, "ben").await, "active");
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    edges.rest(0, "cleo").post(&format!("threads/{thread}/members/"), json!({"user": "ann"})).await.ok();
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_return_is_no_departure() {
    let edges = Edges::start_with(1, |config| {
        quick(config);
        config.signals.offline_after = Duration::from_mins(10);
    })
    .await;
    edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
    ben.cut();
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    ben.request(json!({"type": "presence", "status": "away"})).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "away", "nothing was said of his going");
}

#[tokio::test(flavor = "multi_thread")]
pub(super) async fn presence_of_a_vanished_edge_expires_and_a_new_edge_learns_who_is_there() {
    let mut edges = Edges::start_with(2, quick).await;
    edges.group("ann", &["ben", "cleo"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (_ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
    let third = edges.add().await;
    let (mut cleo, _) = Socket::hello(edges.url(third), "cleo", None).await;
    let mut there = BTreeSet::new();
    while there.len() < 2 {
        let frame = cleo.frame_of("presence").await;
        there.extend(users(&frame).iter().map(|user| user["user"].as_str().expect("a user").to_owned()));
    }
    assert_eq!(there, ["ann", "ben"].map(str::to_owned).into());
    edges.kill(1);
    for socket in [&mut ann, &mut cleo] {
        assert_eq!(presence_of(socket, "ben").await, "offline");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_while_nobody_was_looking_is_not_shown_later() {
    let edges = Edges::start_with(2, quick).await;
    let thread = edges.group("ann", &["ben"]).await;
    edges.group("cleo", &["ben"]).await;
    let (mut cleo, _) = Socket::hello(edges.url(0), "cleo", None).await;
    let (_ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    assert_eq!(presence_of(&mut cleo, "ben").await, "active");
    // Nobody of the thread is on the first edge, which has heard that ben is to be shown there.
    edges.rest(0, "ann").delete(&format!("threads/{thread}/members/ben/")).await.ok();
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (before, _) = ann.sync().await;
    let presences = before.iter().filter(|frame| frame["type"] == "presence");
    assert!(presences.flat_map(users).all(|user| user["user"] != "ben"), "{before:?}");
}
