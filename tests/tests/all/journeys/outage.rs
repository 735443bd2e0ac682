//! The log goes away and comes back, while people stay connected.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::socket::Socket;
use threadline_tests::wait::until;
use uuid::Uuid;

/// Within this a send is answered, whatever is down: the deadline for an outcome, and some slack.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How long after the log came back a send may still be refused.
const BACK_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn sends_are_refused_while_postgres_is_away_and_go_on_after() {
    log_away("outage-postgres", Backend::own_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_are_refused_while_kafka_is_away_and_go_on_after() {
    if shared_brokers().is_some() {
        log_away("outage-kafka", Backend::own_kafka().await).await;
    }
}

async fn log_away(test: &str, backend: Backend) {
    let mut cluster = Cluster::start(test, Layout::Roles, backend).await;
    let (ann, bob) = ("ann", "bob");
    let thread = cluster.rest(0, ann).post("threads/", json!({"kind": "dm", "participants": [bob]})).await.is(201);
    let thread = thread["id"].as_str().expect("a thread has an id").to_owned();
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    a.say(&thread, "before").await;

    cluster.backend.log_down();
    let id = Uuid::now_v7();
    let message = json!({"id": id, "kind": "text", "content": "during"});
    let send = json!({"type": "send", "thread": thread, "message": message});
    let start = Instant::now();
    let error = a.refused(send.clone()).await;
    assert!(start.elapsed() < ANSWER_WITHIN, "answered after {:?}", start.elapsed());
    assert_eq!(error["retryable"], true, "{error}");
    a.sync().await;
    b.sync().await;

    cluster.backend.log_up().await;
    // The same message again until it is taken, as a client does.
    let mut outcome = Value::Null;
    until("a send is taken again", BACK_WITHIN, async || {
        let answer = a.request(send.clone()).await;
        outcome = answer["result"].clone();
        assert!(answer["type"] == "ok" || answer["error"]["retryable"] == true, "{answer}");
        answer["type"] == "ok"
    })
    .await;
    let after = b_hears(&mut b, &thread, id).await;
    assert_eq!((&after["seq"], &after["event"]["message"]["number"]), (&json!(3), &json!(2)), "once, in its place");
    let answer = b.say(&thread, "after").await;
    assert_eq!((&answer["seq"], &outcome["seq"]), (&json!(4), &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_go_on_talking_while_the_views_are_away() {
    let Some(brokers) = shared_brokers() else { return };
    let cluster = Cluster::start("outage-views", Layout::Roles, Backend::kafka(&brokers).await).await;
    let (ann, bob) = ("ann", "bob");
    let thread = cluster.rest(0, ann).post("threads/", json!({"kind": "dm", "participants": [bob]})).await.is(201);
    let thread = thread["id"].as_str().expect("a thread has an id").to_owned();
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    // Both have spoken: either edge has the keys of both.
    a.say(&thread, "before").await;
    b.event(&thread).await;
    let said = b.say(&thread, "before, too").await;
    while a.event(&thread).await["seq"] != said["seq"] {}

    cluster.backend.set_views_outage(true).await;
    for round in 0..5 {
        let (speaker, listener) = if round % 2 == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
        let said = speaker.say(&thread, "meanwhile").await;
        while listener.event(&thread).await["seq"] != said["seq"] {}
    }
    let messages = format!("threads/{thread}/messages/");
    let problem = cluster.rest(0, ann).get(&messages).await.problem(503, "unavailable");
    assert_eq!(problem["retryable"], true);

    cluster.backend.set_views_outage(false).await;
    until("the views catch up", BACK_WITHIN, async || {
        let page = cluster.rest(1, bob).get(&messages).await;
        assert!(page.status == 200 || page.body["retryable"] == true, "{page:?}");
        page.body["messages"].as_array().is_some_and(|messages| messages.len() == 7)
    })
    .await;
}

/// The posting of this message, on the socket that was open all the time.
async fn b_hears(socket: &mut Socket, thread: &str, id: Uuid) -> Value {
    loop {
        let frame = socket.event(thread).await;
        if frame["event"]["message"]["id"] == json!(id) {
            return frame;
        }
    }
}
