//! What clients of other services are used to.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::App;
use super::app::{after, text};

#[tokio::test]
async fn an_idempotency_key_of_any_form_makes_a_message_once_for_its_sender_and_thread() {
    let app = App::start().await;
    let threads = [app.group(&["ann", "bob"]).await, app.group(&["ann", "bob"]).await];
    let send = async |user: &str, thread: &str, key: &str, content: &str| {
        let url = app.at(&format!("/api/chat/threads/{thread}/messages/"));
        let request = app.http.post(url).bearer_auth(threadline_tests::token::token(user));
        let answer = request.header("idempotency-key", key).json(&json!({"content": content})).send().await;
        let answer = answer.expect("the edge answers");
        (answer.status().as_u16(), text(&answer.json().await.expect("JSON"), "id"))
    };
    let (status, first) = send("ann", &threads[0], "order-305", "x").await;
    assert_eq!(status, 201);
    assert_eq!(send("ann", &threads[0], "order-305", "x").await, (200, first.clone()));
    for (user, thread, key) in
        [("bob", &threads[0], "order-305"), ("ann", &threads[1], "order-305"), ("ann", &threads[0], "order-306")]
    {
        let (status, id) = send(user, thread, key, "x").await;
        assert_eq!(status, 201, "{user} {key}");
        assert_ne!(id, first, "{user} {key}");
    }
    let url = app.at(&format!("/api/chat/threads/{}/messages/", threads[0]));
    let request = app.http.post(url).bearer_auth(threadline_tests::token::token("ann"));
    let other = request.header("idempotency-key", "order-305").json(&json!({"content": "y"})).send().await.unwrap();
    assert_eq!(other.status().as_u16(), 409);
}

#[tokio::test]
async fn parameters_for_caches_are_ignored_and_any_character_can_be_asked_for() {
    let app = App::start().await;
    let ann = app.rest("ann");
    ann.get("threads/?_=1700000000000&_cb=x").await.ok();
    ann.get("threads/?colour=red").await.problem(400, "invalid_field");
    // U+FFFD is a character as any other.
    ann.get("threads/by-participants/?user=ann&user=%EF%BF%BD").await.problem(404, "unknown_thread");
    let problem = ann.get("threads/by-participants/?user=ann&user=%FF").await.problem(400, "invalid_field");
    assert_eq!(problem["field"], "user");
}

#[tokio::test]
async fn a_packed_body_is_refused_for_what_it_is() {
    let app = App::start().await;
    for (encoding, status) in [("gzip", 415), ("br", 415), ("identity", 201)] {
        let request = app.http.post(app.at("/api/chat/threads/")).bearer_auth(threadline_tests::token::token("ann"));
        let body = json!({"kind": "group", "participants": []}).to_string();
        let answer = request.header(CONTENT_TYPE, "application/json").header(CONTENT_ENCODING, encoding).body(body);
        let answer = answer.send().await.expect("the edge answers");
        assert_eq!(answer.status().as_u16(), status, "{encoding}");
    }
}

#[tokio::test]
async fn a_request_of_http_1_1_names_its_host_once() {
    let app = App::start().await;
    let base = app.at("");
    let address = base.trim_start_matches("http://").trim_end_matches('/');
    for (head, status) in [
        ("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", "400"),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", "400"),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200"),
        ("GET /livez HTTP/1.0\r\n\r\n", "200"),
    ] {
        let mut stream = TcpStream::connect(address).await.expect("the edge listens");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{head:?}: {answer}");
    }
}

#[tokio::test]
async fn a_dm_with_oneself_holds_ones_notes() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let notes = ann.post("threads/", json!({"kind": "dm", "participants": ["ann"]})).await.is(201);
    assert_eq!((&notes["member_count"], &notes["members"][0]["user"]), (&json!(1), &json!("ann")));
    let again = ann.post("threads/", json!({"kind": "dm", "participants": ["ann"]})).await.is(200);
    assert_eq!(again["id"], notes["id"]);
    let sent = ann.post(&format!("threads/{}/messages/", text(&notes, "id")), json!({"content": "milk"})).await.is(201);
    let found = ann.get(&after("threads/by-participants/?user=ann&user=ann", &sent)).await.ok();
    assert_eq!((&found["last_message"]["content"], &found["unread"]), (&json!("milk"), &json!(0)));
    bob.get(&format!("threads/{}/", text(&notes, "id"))).await.problem(404, "unknown_thread");
    bob.get("threads/by-participants/?user=ann&user=ann").await.problem(404, "unknown_thread");
    ann.post("threads/", json!({"kind": "dm", "participants": []})).await.problem(400, "invalid_field");
}
