//! Who gets what: several sessions, joining while people talk, order, answers after their events.

use std::time::SystemTime;

use serde_json::json;
use threadline_domain::Timestamp;
use threadline_tests::edges::Edges;
use threadline_tests::socket::Socket;
use threadline_wire::json::rfc3339;

use super::{send, seqs};

#[tokio::test(flavor = "multi_thread")]
async fn every_session_of_every_member_gets_every_event_and_the_sender_before_its_ok() {
    let edges = Edges::start(2).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut phone, _) = Socket::hello(edges.url(1), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    let (mut eve, _) = Socket::hello(edges.url(1), "eve", None).await;
    for n in 2..12 {
        let mut request = send(&thread, "hi");
        request["id"] = json!(n);
        ann.send(request).await;
    }
    // Pipelined: for each, the event and then the answer.
    for n in 2..12 {
        let event = ann.event_of(&thread, "message_posted").await;
        assert_eq!((&event["seq"], &event["event"]["message"]["number"]), (&json!(n), &json!(n - 1)));
        let position = event["position"].as_str().unwrap();
        let ok = ann.frame().await;
        assert_eq!((ok["type"].as_str(), &ok["id"]), (Some("ok"), &json!(n)), "{ok}");
        assert_eq!((&ok["result"]["seq"], &ok["result"]["position"]), (&json!(n), &json!(position)));
        assert_eq!(ok["result"]["message"], event["event"]["message"]["id"]);
    }
    for socket in [&mut phone, &mut ben] {
        for n in 2..12 {
            assert_eq!(socket.event(&thread).await["seq"], n);
        }
    }
    let (before, _) = eve.sync().await;
    assert_eq!(before, [] as [serde_json::Value; 0], "a stranger hears nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_welcome_says_what_time_it_is() {
    let edges = Edges::start(1).await;
    let now = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970");
        rfc3339(Timestamp(since.as_millis() as i64))
    };
    let before = now();
    let (_ann, welcome) = Socket::hello(edges.url(0), "ann", None).await;
    let said = welcome["time"].as_str().expect("a time").to_owned();
    // Of one length, so the order of the texts is that of the times.
    assert!((before..=now()).contains(&said), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_answered_ok_without_a_second_event() {
    let edges = Edges::start(2).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut again, _) = Socket::hello(edges.url(1), "ann", None).await;
    let request = send(&thread, "once");
    let first = ann.request(request.clone()).await;
    let second = again.request(request.clone()).await;
    assert_eq!((&first["type"], &second["type"]), (&json!("ok"), &json!("ok")), "{second}");
    for field in ["message", "seq", "number", "sent_at"] {
        assert_eq!(first["result"][field], second["result"][field], "{field}");
    }
    let mut other = request;
    other["message"]["content"] = json!("twice");
    assert_eq!(again.refused(other).await["code"], "message_conflict");
    let (before, _) = again.sync().await;
    assert_eq!(seqs(&before, &thread), [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_added_hears_from_then_on_and_a_new_thread_is_heard_of_at_once() {
    let edges = Edges::start(2).await;
    let (mut cleo, _) = Socket::hello(edges.url(1), "cleo", None).await;
    let thread = edges.group("ann", &["ben"]).await;
    let owner = edges.rest(0, "ann");
    owner.post(&format!("threads/{thread}/messages/"), json!({"kind": "text", "content": "before"})).await.is(201);
    owner.post(&format!("threads/{thread}/members/"), json!({"user": "cleo"})).await.ok();
    owner.post(&format!("threads/{thread}/messages/"), json!({"kind": "text", "content": "after"})).await.is(201);
    assert_eq!(cleo.event_of(&thread, "member_added").await["seq"], 3);
    assert_eq!(cleo.event_of(&thread, "message_posted").await["event"]["message"]["content"], "after");
    // What she sees she can mark as read, though this edge was not there when it began.
    assert_eq!(cleo.request(json!({"type": "read", "thread": thread, "number": 2})).await["type"], "ok");
    let second = edges.group("ann", &["cleo"]).await;
    assert_eq!(cleo.event(&second).await["event"]["type"], "thread_created");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_marks_are_pushed_once_and_only_when_they_rise() {
    let edges = Edges::start(2).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    for _ in 0..3 {
        ann.say(&thread, "hi").await;
    }
    for _ in 0..3 {
        ben.event(&thread).await;
    }
    for number in [2, 1, 2, 3] {
        let ok = ben.request(json!({"type": "read", "thread": thread, "number": number})).await;
        assert!(ok["result"]["position"].as_str().is_some_and(|position| position.starts_with("reads:")), "{ok}");
    }
    for number in [2, 3] {
        let frame = ann.frame_of("read").await;
        assert_eq!((&frame["user"], &frame["number"]), (&json!("ben"), &json!(number)));
    }
}

/// Snapshot plus tail without a hole: what a session reads after its welcome is continued by what it hears.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_while_others_talk_misses_nothing() {
    let edges = Edges::start_with(2, |config| (config.rate.per_second, config.rate.burst) = (10_000, 10_000)).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let talk = tokio::spawn({
        let thread = thread.clone();
        async move {
            for _ in 0..300 {
                ann.say(&thread, "on and on").await;
            }
        }
    });
    let rest = edges.rest(1, "ben");
    let mut joins = 0;
    while !talk.is_finished() || joins == 0 {
        let (mut ben, _) = Socket::hello(edges.url(1), "ben", None).await;
        let read = rest.get(&format!("threads/{thread}/")).await.ok()["last_seq"].as_u64().unwrap();
        let mut next = read + 1;
        let (mut frames, _) = ben.sync().await;
        frames.extend(ben.sync().await.0);
        for seq in seqs(&frames, &thread) {
            assert!(seq <= next, "a hole before {seq}: {read} was read, {next} is next");
            next = next.max(seq + 1);
        }
        joins += 1;
    }
    talk.await.unwrap();
}
