//! Threads over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::App;
use super::app::{after, text};

#[tokio::test]
async fn a_dm_exists_once_whoever_starts_it() {
    let app = App::start().await;
    let (ann, bob, eve) = (app.rest("ann"), app.rest("bob"), app.rest("eve"));
    let made = ann.post("threads/", json!({"kind": "dm", "participants": ["bob"]})).await.is(201);
    assert_eq!(made["member_count"], 2);
    let again = bob.post("threads", json!({"kind": "dm", "participants": ["ann", "bob"]})).await.is(200);
    assert_eq!(again["id"], made["id"]);
    let found = bob.get(&after("threads/by-participants/?user=bob&user=ann", &made)).await.ok();
    assert_eq!(found["id"], made["id"]);
    eve.get("threads/by-participants/?user=bob&user=ann").await.problem(404, "unknown_thread");
    ann.get("threads/by-participants/?user=ann").await.problem(400, "invalid_field");
    ann.post("threads/", json!({"kind": "dm", "participants": ["bob", "eve"]})).await.problem(400, "invalid_field");
}

#[tokio::test]
async fn a_key_names_one_thread_and_does_not_open_it() {
    let app = App::start().await;
    let (ann, bob, eve) = (app.rest("ann"), app.rest("bob"), app.rest("eve"));
    let body = json!({"kind": "group", "key": "project_305", "title": "Kitchen", "participants": ["bob"],
        "metadata": {"b": 1, "a": [true]}});
    let made = ann.post("threads/", body.clone()).await.is(201);
    assert_eq!((&made["title"], &made["metadata"]), (&json!("Kitchen"), &json!({"a": [true], "b": 1})));
    let again = bob.post("threads/", body.clone()).await.is(200);
    assert_eq!(again["id"], made["id"]);
    eve.post("threads/", body).await.problem(409, "key_taken");
}

#[tokio::test]
async fn a_group_is_made_once_under_its_idempotency_key() {
    let app = App::start().await;
    let key = Uuid::now_v7().to_string();
    let make = async |key: &str| {
        let request = app.http.post(app.at("/api/chat/threads/")).bearer_auth(threadline_tests::token::token("ann"));
        let body = json!({"kind": "group", "participants": ["bob"]});
        request.header("idempotency-key", key).json(&body).send().await.expect("the edge answers")
    };
    let first = make(&key).await;
    assert_eq!(first.status(), 201);
    assert_eq!(text(&first.json().await.unwrap(), "id"), key);
    assert_eq!(make(&key).await.status(), 200);
    for name in ["7", "order 305/chat", "00000000-0000-4000-8000-000000000000"] {
        let [first, again] = [make(name).await, make(name).await];
        assert_eq!((first.status().as_u16(), again.status().as_u16()), (201, 200), "{name}");
        let ids = [first.json::<Value>().await.unwrap(), again.json().await.unwrap()].map(|thread| text(&thread, "id"));
        assert_eq!(ids[0], ids[1], "{name}");
    }
    for wrong in [String::new(), "\"\"".into(), "x".repeat(256)] {
        let refused = make(&wrong).await;
        assert_eq!(refused.status(), 400, "{wrong}");
        assert_eq!(refused.json::<Value>().await.unwrap()["field"], "Idempotency-Key");
    }
}

#[tokio::test]
async fn mine_are_listed_by_latest_activity_page_by_page() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(app.group(&["ann", "bob"]).await);
    }
    let said = bob.post(&format!("threads/{}/messages/", ids[1]), json!({"content": "first again"})).await.is(201);
    ids.reverse();
    let active = ids.remove(3);
    ids.insert(0, active);

    let mut seen = Vec::new();
    let mut path = after("threads/?limit=2", &said);
    loop {
        let page = ann.get(&path).await.ok();
        let threads = page["threads"].as_array().expect("a list").clone();
        assert!(threads.len() <= 2);
        seen.extend(threads.iter().map(|thread| text(thread, "id")));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("threads/?limit=2&cursor={next}");
    }
    assert_eq!(seen, ids);
    let first = ann.get("threads/?limit=1").await.ok()["threads"][0].clone();
    assert_eq!((&first["unread"], &first["last_message"]["content"]), (&json!(1), &json!("first again")));
    assert_eq!(app.rest("eve").get("threads/").await.ok(), json!({"threads": [], "next": null}));
}

#[tokio::test]
async fn a_thread_is_changed_and_archived() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let thread = app.group(&["ann", "bob"]).await;
    let path = format!("threads/{thread}/");
    let changed = ann.put(&path, json!({"title": "New"})).await.is(200);
    assert_eq!((&changed["title"], &changed["metadata"]), (&json!("New"), &json!({})));
    let changed = ann.put(&path, json!({"title": null, "metadata": {"x": 1}})).await.is(200);
    assert_eq!((&changed["title"], &changed["metadata"]), (&json!(null), &json!({"x": 1})));
    bob.put(&path, json!({"title": "Mine"})).await.problem(403, "forbidden");
    bob.delete(&path).await.problem(403, "forbidden");

    let archived = ann.delete(&path).await.is(200);
    assert!(ann.delete(&path).await.is(200)["position"].is_string(), "archiving again changes nothing");
    assert!(bob.get(&after(&path, &archived)).await.ok()["archived_at"].is_string());
    bob.post(&format!("{path}messages/"), json!({"content": "late"})).await.problem(409, "thread_archived");
    assert_eq!(bob.get(&format!("{path}events/")).await.ok()["events"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn the_timeline_has_every_event_in_order() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let messages = format!("threads/{thread}/messages/");
    let said = ann.post(&messages, json!({"content": "one"})).await.is(201);
    ann.put(&after(&format!("messages/{}/", text(&said, "id")), &said), json!({"content": "two"})).await.is(200);
    let added = ann.post(&format!("threads/{thread}/members/"), json!({"user": "cyd"})).await.is(201);
    let events = format!("threads/{thread}/events/");
    let page = ann.get(&after(&events, &added)).await.ok();
    let kinds: Vec<_> = page["events"].as_array().expect("a list").iter().map(|e| text(&e["event"], "type")).collect();
    assert_eq!(kinds, ["thread_created", "message_posted", "message_edited", "member_added"]);
    assert_eq!(page["next"], json!(null));
    let page = ann.get(&format!("{events}?after_seq=1&limit=2")).await.ok();
    let seqs: Vec<_> = page["events"].as_array().expect("a list").iter().map(|event| event["seq"].as_u64()).collect();
    assert_eq!((seqs, &page["next"]), (vec![Some(2), Some(3)], &json!(3)));
    let [posted, edited] = [&page["events"][0]["event"]["message"], &page["events"][1]["event"]];
    assert_eq!(
        (&posted["content"], &posted["superseded"]),
        (&json!(""), &json!(true)),
        "what was replaced is not shown"
    );
    assert_eq!((&edited["content"], &edited["superseded"]), (&json!("two"), &json!(null)));
}

#[tokio::test]
async fn a_thread_that_the_views_do_not_have_yet_is_made_all_the_same() {
    let app = App::start_with(|config| config.http.at_least_wait = Duration::from_millis(100)).await;
    app.stop_projector();
    let made = app.rest("ann").post("threads/", json!({"kind": "group", "participants": ["bob"], "title": "T"})).await;
    let made = made.is(201);
    assert_eq!((&made["title"], &made["member_count"]), (&json!("T"), &json!(2)));
    let behind = app.rest("ann").get(&after(&format!("threads/{}/", text(&made, "id")), &made)).await;
    assert_eq!(behind.problem(503, "projections_behind")["retryable"], true);
}

#[tokio::test]
async fn an_outage_of_the_log_is_told_within_the_deadline() {
    let app = App::start_with(|config| config.commands.deadline = Duration::from_millis(300)).await;
    let thread = app.group(&["ann", "bob"]).await;
    app.log.set_outage(true);
    let refused = app.rest("ann").post(&format!("threads/{thread}/messages/"), json!({"content": "x"})).await;
    assert!(matches!(refused.status, 503 | 504), "{refused:?}");
    assert_eq!(refused.body["retryable"], true);
    app.rest("ann").get(&format!("threads/{thread}/")).await.ok();
    let ready = app.call(Method::GET, "/readyz", &[]).await;
    assert_eq!(ready.status(), 503);
    assert_ne!(ready.json::<serde_json::Value>().await.unwrap()["checks"]["log"], "ok");
    app.log.set_outage(false);
    app.rest("ann").post(&format!("threads/{thread}/messages/"), json!({"content": "y"})).await.is(201);
}
