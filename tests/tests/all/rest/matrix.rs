//! Who may call what: every operation of the OpenAPI document, by every role. A new one fails until it stands here.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use threadline_tests::token::{token, token_with};
use uuid::Uuid;

use super::App;
use super::app::{after, text};

/// Everyone who may come: three roles, someone who is in no thread, the product's own backend, and someone without a
/// token.
const CALLERS: [&str; 6] = ["owner", "admin", "member", "stranger", "service", "anonymous"];

/// An operation, its body, and the status for each of [`CALLERS`] in their order.
struct Row(Method, &'static str, Value, [u16; 6]);

fn rows() -> Vec<Row> {
    let (get, put, post, delete) = (Method::GET, Method::PUT, Method::POST, Method::DELETE);
    let none = Value::Null;
    let open = [200; 6];
    vec![
        Row(get.clone(), "/api/chat/threads", none.clone(), [200, 200, 200, 200, 403, 401]),
        Row(
            post.clone(),
            "/api/chat/threads",
            json!({"kind": "group", "participants": []}),
            [201, 201, 201, 201, 201, 401],
        ),
        Row(get.clone(), "/api/chat/threads/by-participants", none.clone(), [200, 404, 200, 404, 403, 401]),
        Row(get.clone(), "/api/chat/threads/{thread}", none.clone(), [200, 200, 200, 404, 403, 401]),
        Row(put.clone(), "/api/chat/threads/{thread}", json!({"title": "T"}), [200, 200, 403, 404, 200, 401]),
        Row(delete.clone(), "/api/chat/threads/{thread}", none.clone(), [200, 403, 403, 404, 200, 401]),
        Row(post.clone(), "/api/chat/threads/{thread}/members", json!({"user": "new"}), [201, 201, 403, 404, 201, 401]),
        Row(delete.clone(), "/api/chat/threads/{thread}/members", none.clone(), [409, 200, 200, 404, 403, 401]),
        Row(
            put.clone(),
            "/api/chat/threads/{thread}/members/{user}",
            json!({"role": "admin"}),
            [200, 403, 403, 404, 200, 401],
        ),
        Row(delete.clone(), "/api/chat/threads/{thread}/members/{user}", none.clone(), [200, 200, 403, 404, 200, 401]),
        Row(get.clone(), "/api/chat/threads/{thread}/messages", none.clone(), [200, 200, 200, 404, 403, 401]),
        Row(
            post.clone(),
            "/api/chat/threads/{thread}/messages",
            json!({"content": "x"}),
            [201, 201, 201, 404, 201, 401],
        ),
        // The message is another member's.
        Row(get.clone(), "/api/chat/messages/{message}", none.clone(), [200, 200, 200, 404, 403, 401]),
        Row(put, "/api/chat/messages/{message}", json!({"content": "x"}), [403, 403, 403, 404, 403, 401]),
        Row(delete, "/api/chat/messages/{message}", none.clone(), [200, 200, 403, 404, 403, 401]),
        Row(post.clone(), "/api/chat/threads/{thread}/mark-read", json!({}), [200, 200, 200, 404, 403, 401]),
        Row(get.clone(), "/api/chat/threads/{thread}/receipts", none.clone(), [200, 200, 200, 404, 403, 401]),
        Row(get.clone(), "/api/chat/threads/{thread}/events", none.clone(), [200, 200, 200, 404, 403, 401]),
        Row(get.clone(), "/api/chat/unread-count", none.clone(), [200, 200, 200, 200, 403, 401]),
        Row(get.clone(), "/api/chat/users/{user}", none.clone(), [200, 200, 200, 200, 200, 401]),
        Row(get.clone(), "/schemas/ids/{id}", none.clone(), open),
        Row(get.clone(), "/subjects", none.clone(), open),
        Row(get.clone(), "/subjects/{subject}/versions", none.clone(), open),
        Row(get.clone(), "/subjects/{subject}/versions/{version}", none.clone(), open),
        Row(get.clone(), "/livez", none.clone(), open),
        Row(get.clone(), "/readyz", none.clone(), open),
        // This edge gives no tokens.
        Row(post, "/api/dev/token", json!({"user": "ann"}), [404; 6]),
        // This edge was given no figures to show.
        Row(get, "/metrics", none, [404; 6]),
    ]
}

#[tokio::test]
async fn every_operation_is_allowed_to_whom_it_should_be() {
    let app = App::start_with(|config| config.rate.burst = 10_000).await;
    let document: Value = app.http.get(app.at("/openapi.json")).send().await.unwrap().json().await.unwrap();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, item)| item.as_object().expect("a path").keys().map(|m| (m.to_uppercase(), path.clone())))
        .collect();
    let listed: BTreeSet<_> = rows().into_iter().map(|row| (row.0.to_string(), row.1.to_owned())).collect();
    assert_eq!(described, listed, "the document and this matrix must name the same operations");

    let owner = app.rest("owner");
    owner.post("threads/", json!({"kind": "dm", "participants": ["member"]})).await.is(201);
    app.rest("other").get("threads/").await.ok();
    app.knows("other").await;
    for Row(method, path, body, expected) in rows() {
        for (caller, expected) in CALLERS.into_iter().zip(expected) {
            // A thread of its own for each, so that no call meets another's traces.
            let thread = app.group(&["owner", "admin", "member", "other"]).await;
            owner.put(&format!("threads/{thread}/members/admin/"), json!({"role": "admin"})).await.is(200);
            let said = app.rest("other").post(&format!("threads/{thread}/messages/"), json!({"content": "x"})).await;
            let said = said.is(201);
            owner.get(&after("unread-count/", &said)).await.ok();
            let mut url = path
                .replace("{thread}", &thread)
                .replace("{user}", "other")
                .replace("{message}", &text(&said, "id"))
                .replace("{id}", "1")
                .replace("{subject}", "threadline.messages-threadline.MessagePosted")
                .replace("{version}", "latest");
            if url.ends_with("by-participants") {
                url.push_str("?user=owner&user=member");
            }
            let mut request = app.http.request(method.clone(), app.at(&url));
            if !body.is_null() {
                request = request.json(&body);
            }
            match caller {
                "anonymous" => {}
                "service" => request = request.bearer_auth(token_with("shop", &["service"])),
                person => request = request.bearer_auth(token(person)),
            }
            let answer = request.send().await.expect("the edge answers");
            let status = answer.status().as_u16();
            let said = answer.text().await.expect("a body");
            assert_eq!(status, expected, "{method} {path} by {caller}: {said}");
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_and_what_one_is_not_in_look_the_same() {
    let app = App::start().await;
    let thread = app.group(&["owner", "member"]).await;
    let stranger = app.rest("stranger");
    for suffix in ["", "messages/", "receipts/", "events/"] {
        let theirs = stranger.get(&format!("threads/{thread}/{suffix}")).await;
        let nothing = stranger.get(&format!("threads/{}/{suffix}", Uuid::now_v7())).await;
        assert_eq!((theirs.status, theirs.body), (nothing.status, nothing.body), "{suffix}");
    }
    for (suffix, body) in [("messages/", json!({"content": "x"})), ("members/", json!({"user": "u"}))] {
        let theirs = stranger.post(&format!("threads/{thread}/{suffix}"), body.clone()).await;
        let nothing = stranger.post(&format!("threads/{}/{suffix}", Uuid::now_v7()), body).await;
        assert_eq!((theirs.status, theirs.body), (nothing.status, nothing.body), "{suffix}");
    }
}
