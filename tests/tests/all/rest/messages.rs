//! Messages over HTTP.

use serde_json::{Value, json};
use uuid::Uuid;

use super::App;
use super::app::{after, text};

fn numbers(page: &Value) -> Vec<u64> {
    page["messages"].as_array().expect("a list").iter().filter_map(|message| message["number"].as_u64()).collect()
}

#[tokio::test]
async fn a_message_has_the_whole_shape_of_the_contract() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let thread = app.group(&["ann", "bob"]).await;
    let id = Uuid::now_v7();
    let body = json!({"id": id, "content": "Grüße 👋", "metadata": {"k": [1]}, "attachments": []});
    let sent = ann.post(&format!("threads/{thread}/messages/"), body).await.is(201);
    let expected = json!({"id": id, "thread": thread, "seq": 2, "number": 1, "sender": "ann", "kind": "text",
        "content": "Grüße 👋", "metadata": {"k": [1]}, "attachments": [], "reply_to": null, "reactions": {},
        "pinned": false, "sent_at": sent["sent_at"], "edited_at": null, "deleted_at": null, "deleted_by": null,
        "expires_at": null});
    let read = bob.get(&after(&format!("messages/{id}/"), &sent)).await.ok();
    assert_eq!(read, expected);
    let mut answered = sent.clone();
    assert!(answered.as_object_mut().expect("an object").remove("position").is_some());
    assert_eq!(answered, expected);
}

#[tokio::test]
async fn the_same_message_again_is_the_same_and_another_body_a_conflict() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let messages = format!("threads/{thread}/messages/");
    let body = json!({"id": Uuid::now_v7(), "content": "once"});
    let first = ann.post(&messages, body.clone()).await.is(201);
    let again = ann.post(&messages, body.clone()).await.is(200);
    assert_eq!((&again["number"], &again["sent_at"]), (&first["number"], &first["sent_at"]));
    assert!(again["position"].is_string());
    let other = json!({"id": body["id"], "content": "twice"});
    ann.post(&messages, other).await.problem(409, "message_conflict");
    assert_eq!(numbers(&ann.get(&after(&messages, &again)).await.ok()), [1]);
}

#[tokio::test]
async fn the_idempotency_key_is_the_messages_id() {
    let app = App::start().await;
    let thread = app.group(&["ann", "bob"]).await;
    let url = app.at(&format!("/api/chat/threads/{thread}/messages/"));
    let key = Uuid::now_v7();
    let send = async |body: Value| {
        let request = app.http.post(&url).bearer_auth(threadline_tests::token::token("ann"));
        let answer = request.header("idempotency-key", key.to_string()).json(&body).send().await;
        let answer = answer.expect("the edge answers");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let (status, sent) = send(json!({"content": "x"})).await;
    assert_eq!((status, text(&sent, "id")), (201, key.to_string()));
    assert_eq!(send(json!({"content": "x"})).await.0, 200);
    assert_eq!(send(json!({"content": "x", "id": key})).await.0, 200);
    let (status, problem) = send(json!({"content": "x", "id": Uuid::now_v7()})).await;
    assert_eq!((status, &problem["field"]), (400, &json!("Idempotency-Key")));
}

#[tokio::test]
async fn history_is_windowed_by_number() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let messages = format!("threads/{thread}/messages/");
    let mut last = json!(null);
    for n in 1..=7 {
        last = ann.post(&messages, json!({"content": format!("{n}")})).await.is(201);
    }
    let window = async |query: &str| {
        let page = ann.get(&after(&format!("{messages}?{query}"), &last)).await.ok();
        (numbers(&page), page["next"].as_u64())
    };
    assert_eq!(window("limit=3").await, (vec![7, 6, 5], Some(5)));
    assert_eq!(window("before=5&limit=3").await, (vec![4, 3, 2], Some(2)));
    assert_eq!(window("before=2&limit=3").await, (vec![1], None));
    assert_eq!(window("after=2&limit=3").await, (vec![5, 4, 3], Some(5)));
    assert_eq!(window("after=5&limit=3").await, (vec![7, 6], None));
    assert_eq!(window("before=0").await, (vec![], None));
    let (around, _) = window("around=4&limit=4").await;
    assert!(around.len() == 4 && around.contains(&4), "{around:?}");
    let problem = ann.get(&format!("{messages}?before=1&after=2")).await.problem(400, "invalid_field");
    assert_eq!(problem["field"], "before");
}

#[tokio::test]
async fn one_sees_ones_own_write_right_after_it() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    for round in 0..20 {
        let sent = ann.post(&format!("threads/{thread}/messages/"), json!({"content": "a"})).await.is(201);
        let path = format!("messages/{}/", text(&sent, "id"));
        assert_eq!(ann.get(&path).await.ok()["content"], "a", "round {round}");
        ann.put(&path, json!({"content": "b"})).await.is(200);
        assert_eq!(ann.get(&path).await.ok()["content"], "b", "round {round}");
        ann.delete(&path).await.is(200);
        let seen = ann.get(&path).await.ok();
        assert!(seen["deleted_at"].is_string() && seen["content"] == "", "round {round}: {seen}");
    }
}

#[tokio::test]
async fn a_message_is_edited_and_deleted() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let thread = app.group(&["ann", "bob"]).await;
    let sent = ann.post(&format!("threads/{thread}/messages/"), json!({"content": "a"})).await.is(201);
    let path = after(&format!("messages/{}/", text(&sent, "id")), &sent);
    bob.put(&path, json!({"content": "b"})).await.problem(403, "forbidden");
    app.rest("eve").put(&path, json!({"content": "b"})).await.problem(404, "unknown_message");
    let edited = ann.put(&path, json!({"content": "b"})).await.is(200);
    assert_eq!((&edited["content"], edited["edited_at"].is_string()), (&json!("b"), true));
    assert_eq!(ann.put(&path, json!({"content": "b"})).await.is(200)["edited_at"], edited["edited_at"]);
    bob.delete(&path).await.problem(403, "forbidden");
    let deleted = ann.delete(&path).await.is(200);
    ann.delete(&path).await.is(200);
    let path = after(&format!("messages/{}/", text(&sent, "id")), &deleted);
    let tombstone = bob.get(&path).await.ok();
    assert_eq!((&tombstone["content"], tombstone["deleted_at"].is_string()), (&json!(""), true));
    ann.put(&path, json!({"content": "c"})).await.problem(410, "message_deleted");
    app.rest("eve").get(&path).await.problem(404, "unknown_message");
}

#[tokio::test]
async fn an_id_that_two_threads_use_needs_the_thread() {
    let app = App::start().await;
    let (ann, eve) = (app.rest("ann"), app.rest("eve"));
    let lure = text(&eve.post("threads/", json!({"kind": "group", "participants": ["ann"]})).await.is(201), "id");
    let hers = text(&ann.post("threads/", json!({"kind": "group", "participants": ["eve"]})).await.is(201), "id");
    let id = Uuid::now_v7();
    let body = |content: &str| json!({"id": id, "content": content});
    eve.post(&format!("threads/{lure}/messages/"), body("lure")).await.is(201);
    let spam = eve.post(&format!("threads/{hers}/messages/"), body("spam")).await.is(201);

    let message = format!("messages/{id}/");
    let problem = ann.get(&after(&message, &spam)).await.problem(409, "ambiguous_message");
    assert_eq!(problem["field"], "thread");
    ann.delete(&message).await.problem(409, "ambiguous_message");
    for (thread, content) in [(&lure, "lure"), (&hers, "spam")] {
        let read = ann.get(&format!("{message}?thread={thread}")).await.ok();
        assert_eq!((text(&read, "thread"), text(&read, "content")), (thread.clone(), content.to_owned()));
    }
    ann.delete(&format!("{message}?thread={lure}")).await.problem(403, "forbidden");
    ann.delete(&format!("{message}?thread={hers}")).await.ok();
    let edited = eve.put(&format!("{message}?thread={lure}"), json!({"content": "edited"})).await.ok();
    assert_eq!((text(&edited, "thread"), text(&edited, "content")), (lure, "edited".into()));
    let gone = ann.get(&format!("{message}?thread={hers}")).await.ok();
    assert_eq!((&gone["content"], &gone["deleted_by"]), (&json!(""), &json!("ann")));
    ann.get(&format!("{message}?thread={}", Uuid::now_v7())).await.problem(404, "unknown_message");
    ann.get(&format!("{message}?thread=x")).await.problem(400, "invalid_field");
}
