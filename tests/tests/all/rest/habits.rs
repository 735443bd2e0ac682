//! What clients of other services are used to, and what people put into texts.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

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

#[tokio::test]
async fn marking_read_answers_where_the_mark_stands() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let thread = app.group(&["ann", "bob"]).await;
    for n in 1..=6 {
        ann.post(&format!("threads/{thread}/messages/"), json!({"content": format!("{n}")})).await.is(201);
    }
    let mark = format!("threads/{thread}/mark-read/");
    let marked = bob.post(&mark, json!({"number": 6})).await.ok();
    assert_eq!(marked["number"], 6);
    // Once the projection has the mark, an earlier one says so.
    bob.get(&after("unread-count/", &marked)).await.ok();
    assert_eq!(bob.post(&mark, json!({"number": 1})).await.ok()["number"], 6);
}

#[tokio::test]
async fn texts_that_show_nothing_are_empty_and_titles_are_one_line() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let messages = format!("threads/{thread}/messages/");
    let blank = ["\u{200b}", "\u{2800}", "\u{feff}", "\u{3164}", "\u{ad}", "\u{2060}\u{202e}", "\u{e0041}\u{e007f}"];
    for text in blank {
        let problem = ann.post(&messages, json!({"content": text})).await.problem(400, "invalid_field");
        assert_eq!(problem["detail"], "must not be empty", "{text:?}");
    }
    for title in blank.into_iter().chain(["a\u{2028}b", "a\u{2029}b", "gpj.\u{202e}exe", "\u{2066}a"]) {
        let made = json!({"kind": "group", "participants": [], "title": title});
        assert_eq!(ann.post("threads/", made).await.problem(400, "invalid_field")["field"], "title", "{title:?}");
        let change = ann.put(&format!("threads/{thread}/"), json!({"title": title})).await;
        assert_eq!(change.problem(400, "invalid_field")["field"], "title", "{title:?}");
    }
    // Scripts and emoji need some of them.
    for text in ["می\u{200c}خواهم", "👩\u{200d}🚀", "\u{200f}שלום", "a\u{2028}b"] {
        assert_eq!(ann.post(&messages, json!({"content": text})).await.is(201)["content"], text);
    }
}

#[tokio::test]
async fn errors_say_what_would_be_right() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let messages = format!("threads/{thread}/messages/");
    let dm = |field: &str| {
        let mut body = json!({"kind": "dm", "participants": ["bob"]});
        body[field] = json!("x");
        body
    };
    for (path, body, field, said) in [
        ("threads/", dm("title"), "title", "must be absent: a dm has none"),
        ("threads/", dm("key"), "key", "must be absent: a dm has none"),
        (
            &messages,
            json!({"content": "x", "id": Uuid::new_v4()}),
            "message.id",
            "must be a UUIDv7 whose time is at most 5 minutes ahead",
        ),
        (
            &messages,
            json!({"content": "x", "reply_to": Uuid::now_v7()}),
            "message.reply_to",
            "must be the id of a message of this thread",
        ),
    ] {
        let problem = ann.post(path, body).await.problem(400, "invalid_field");
        let named = problem["field"].as_str().unwrap_or_default();
        assert!(field.ends_with(named) && !named.is_empty(), "{problem}");
        assert_eq!(problem["detail"], said, "{problem}");
    }
}
