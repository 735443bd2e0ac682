//! The message id is the idempotency key.

use futures_util::future::join_all;
use serde_json::{Value, json};
use threadline_tests::cluster::Cluster;
use threadline_tests::socket::Socket;
use uuid::Uuid;

/// Sends of the same message at once, on each edge: half over one socket, half over REST.
const SENDS_PER_EDGE: usize = 50;

/// Seq, number and time that a sender is told.
type Told = [Value; 3];

pub(super) async fn one_id_sent_a_hundred_times_is_one_message(cluster: &Cluster) {
    let (ann, bob) = ("ann.once", "bob.once");
    let thread = cluster.rest(0, ann).post("threads/", json!({"kind": "dm", "participants": [bob]})).await.is(201);
    let thread = thread["id"].as_str().expect("a thread has an id");
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    let id = Uuid::now_v7();
    let message = json!({"id": id, "kind": "text", "content": "once"});

    let by_socket = join_all([0, 1].map(async |edge| {
        let (mut socket, _) = Socket::hello(cluster.edge(edge), ann, None).await;
        let requests = (1..=SENDS_PER_EDGE / 2).map(|n| json!(format!("send-{n}")));
        for request in requests.clone() {
            socket.send(json!({"id": request, "type": "send", "thread": thread, "message": message})).await;
        }
        let mut told = Vec::new();
        for request in requests {
            let answer = socket.answer(&request).await;
            assert_eq!(answer["type"], "ok", "{answer}");
            told.push(told_by(&answer["result"]));
        }
        told
    }));
    let by_rest = join_all((0..SENDS_PER_EDGE).map(async |n| {
        let answer = cluster.rest(n % 2, ann).post(&format!("threads/{thread}/messages/"), message.clone()).await;
        told_by(&answer.ok())
    }));
    let (by_socket, by_rest) = tokio::join!(by_socket, by_rest);
    let told: Vec<Told> = by_socket.into_iter().flatten().chain(by_rest).collect();
    assert_eq!(told.len(), 2 * SENDS_PER_EDGE);
    assert!(told.iter().all(|other| *other == told[0]), "everyone is told the same: {told:?}");
    assert_eq!(told[0][..2], [json!(2), json!(1)]);

    let last = b.say(thread, "and then").await;
    assert_eq!((&last["seq"], &last["number"]), (&json!(3), &json!(2)), "nothing was written in between");
    assert_eq!(b.event_of(thread, "message_posted").await["event"]["message"]["id"], json!(id));
    assert_eq!(b.event_of(thread, "message_posted").await["seq"], 3);
}

fn told_by(result: &Value) -> Told {
    ["seq", "number", "sent_at"].map(|field| result[field].clone())
}

pub(super) async fn another_body_is_a_conflict(cluster: &Cluster) {
    let (ann, bob) = ("ann.conflict", "bob.conflict");
    let thread = cluster.rest(0, ann).post("threads/", json!({"kind": "dm", "participants": [bob]})).await.is(201);
    let thread = thread["id"].as_str().expect("a thread has an id").to_owned();
    let messages = format!("threads/{thread}/messages/");
    let id = Uuid::now_v7();
    let first = cluster.rest(0, ann).post(&messages, json!({"id": id, "content": "mine"})).await.is(201);
    let again = cluster.rest(1, ann).post(&messages, json!({"id": id, "content": "mine"})).await.ok();
    assert_eq!((&again["number"], &again["sent_at"]), (&first["number"], &first["sent_at"]));

    let other = json!({"id": id, "content": "changed"});
    cluster.rest(1, ann).post(&messages, other.clone()).await.problem(409, "message_conflict");
    cluster.rest(0, bob).post(&messages, json!({"id": id, "content": "mine"})).await.problem(409, "message_conflict");
    let (mut socket, _) = Socket::hello(cluster.edge(1), ann, None).await;
    let mut message = other;
    message["kind"] = json!("text");
    let error = socket.refused(json!({"type": "send", "thread": thread, "message": message})).await;
    assert_eq!((&error["code"], &error["retryable"]), (&json!("message_conflict"), &json!(false)));

    let next = socket.say(&thread, "next").await;
    assert_eq!((&next["seq"], &next["number"]), (&json!(3), &json!(2)), "refusals write nothing");
    let at_least = next["position"].as_str().expect("an ok has a position");
    let kept = cluster.rest(0, bob).get(&format!("messages/{id}/?at_least={at_least}")).await.ok();
    assert_eq!(kept["content"], "mine");
}
