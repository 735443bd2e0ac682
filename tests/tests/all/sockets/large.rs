//! Typing and presence in threads with many members online.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use threadline_edge::EdgeConfig;
use threadline_tests::edges::Edges;
use threadline_tests::socket::Socket;

/// Members, more than those of whom a thread is told by name.
const MEMBERS: usize = 130;

fn quick(config: &mut EdgeConfig) {
    config.signals.alive = Duration::from_millis(200);
    config.signals.typing = Duration::from_secs(3);
    config.signals.offline_after = Duration::from_millis(200);
}

fn name(number: usize) -> String {
    format!("user{number}")
}

/// A group, and a session for each of its members.
async fn room(edges: &Edges, members: usize) -> (String, Vec<Socket>) {
    let names: Vec<_> = (1..members).map(name).collect();
    let thread = edges.group(&name(0), &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let sockets = join_all((0..members).map(|member| {
        let url = edges.url(member % 2);
        async move { Socket::hello(url, &name(member), None).await.0 }
    }));
    (thread, sockets.await)
}

/// Reads until a frame says how many members of the thread are online; how many presence frames came.
async fn until_online(socket: &mut Socket, thread: &str, online: usize) -> usize {
    let mut frames = 0;
    loop {
        let frame = socket.frame_of("presence").await;
        frames += 1;
        if frame["thread"] == *thread && frame["online"] == online {
            return frames;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_at_once_are_told_in_few_frames_and_by_number() {
    let edges = Edges::start_with(2, quick).await;
    let (thread, mut sockets) = room(&edges, MEMBERS).await;
    let counts = join_all(sockets.iter_mut().map(|socket| until_online(socket, &thread, MEMBERS))).await;
    let frames: usize = counts.iter().sum();
    assert!(frames <= 20 * MEMBERS, "{frames} frames for {MEMBERS} members");
    // A second thread of the same members: each is told its number, and nobody is named who is known.
    let names: Vec<_> = (1..MEMBERS).map(name).collect();
    let second = edges.group(&name(0), &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let counts = join_all(sockets.iter_mut().map(|socket| until_online(socket, &second, MEMBERS))).await;
    let frames: usize = counts.iter().sum();
    assert!(frames <= 6 * MEMBERS, "{frames} frames for a group of members who are online already");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_known_is_not_told_again_in_another_thread() {
    let edges = Edges::start_with(2, quick).await;
    let (_, mut sockets) = room(&edges, 12).await;
    for socket in &mut sockets {
        let mut known = std::collections::BTreeSet::new();
        while known.len() < 11 {
            let frame = socket.frame_of("presence").await;
            let users = frame["users"].as_array().expect("users");
            known.extend(users.iter().map(|user| user["user"].as_str().expect("a user").to_owned()));
        }
    }
    let names: Vec<_> = (1..12).map(name).collect();
    let second = edges.group(&name(0), &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for socket in &mut sockets {
        socket.event_of(&second, "thread_created").await;
    }
    // What one of them does now comes after everything that the new thread could have led to.
    sockets[0].request(json!({"type": "presence", "status": "away"})).await;
    for socket in &mut sockets[1..] {
        let frame = socket.frame_of("presence").await;
        assert_eq!(frame, json!({"type": "presence", "users": [{"user": "user0", "status": "away"}]}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_of_many_is_a_number_once_a_second() {
    let edges = Edges::start_with(2, quick).await;
    let (thread, mut sockets) = room(&edges, MEMBERS).await;
    join_all(sockets.iter_mut().map(|socket| until_online(socket, &thread, MEMBERS))).await;
    for socket in &mut sockets[..40] {
        socket.request(json!({"type": "typing", "thread": thread, "status": "start"})).await;
    }
    let mut typing: Vec<Value> = Vec::new();
    // They end by themselves.
    while typing.last().is_none_or(|frame| frame["count"] != 0) {
        typing.push(sockets[MEMBERS - 1].frame_of("typing").await);
    }
    assert!(typing.iter().all(|frame| frame["user"].is_null() && frame["thread"] == *thread), "{typing:?}");
    assert!(typing.iter().any(|frame| frame["count"] == 40), "{typing:?}");
    assert!(typing.len() <= 10, "{typing:?}");
}
