//! Read marks, receipts and unread counts over HTTP.

use serde_json::{Value, json};

use super::App;
use super::app::after;

#[tokio::test]
async fn what_is_read_is_no_longer_unread_and_never_comes_back() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let thread = app.group(&["ann", "bob"]).await;
    let (messages, mark) = (format!("threads/{thread}/messages/"), format!("threads/{thread}/mark-read/"));
    let mut last = json!(null);
    for n in 0..3 {
        last = ann.post(&messages, json!({"content": format!("{n}")})).await.is(201);
    }
    let unread = bob.get(&after("unread-count/", &last)).await.ok();
    assert_eq!(unread, json!({"total": 3, "threads": {&thread: 3}}));
    assert_eq!(ann.get("unread-count/").await.ok(), json!({"total": 0, "threads": {}}), "sending is reading");

    let marked = bob.post(&mark, json!({"number": 2})).await.is(200);
    assert_eq!(bob.get(&after("unread-count/", &marked)).await.ok()["total"], 1);
    let marked = bob.post(&mark, json!({"number": 1})).await.is(200);
    assert_eq!(bob.get(&after("unread-count/", &marked)).await.ok()["total"], 1, "a mark never goes back");
    let everything = bob.post(&mark, json!({})).await.is(200);
    assert_eq!(everything["number"], 3);
    let receipts = ann.get(&after(&format!("threads/{thread}/receipts/"), &everything)).await.ok();
    let of = |user: &str| {
        let receipts = receipts["receipts"].as_array().expect("a list");
        receipts.iter().find(|receipt| receipt["user"] == user).and_then(|receipt| receipt["number"].as_u64())
    };
    assert_eq!((of("ann"), of("bob")), (Some(3), Some(3)));
}

#[tokio::test]
async fn a_mark_beyond_the_last_message_is_refused() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let mark = format!("threads/{thread}/mark-read/");
    let problem = ann.post(&mark, json!({"number": 1})).await.problem(400, "invalid_field");
    assert_eq!(problem["field"], "number");
    // Just sent: the views may not have it, and it is known all the same.
    ann.post(&format!("threads/{thread}/messages/"), json!({"content": "x"})).await.is(201);
    app.rest("bob").post(&mark, json!({"number": 1})).await.is(200);
    app.rest("eve").post(&mark, json!({"number": 1})).await.problem(404, "unknown_thread");
    app.rest("eve").get(&format!("threads/{thread}/receipts/")).await.problem(404, "unknown_thread");
    let (path, token) = (format!("/api/chat/{mark}"), format!("Bearer {}", threadline_tests::token::token("bob")));
    let empty = app.call(reqwest::Method::POST, &path, &[("authorization", &token)]).await;
    assert_eq!(empty.status(), 200, "no body is everything");
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
async fn where_one_joined_and_how_far_one_has_read_are_two_numbers() {
    let app = App::start().await;
    let (ann, fay) = (app.rest("ann"), app.rest("fay"));
    let thread = app.group(&["ann", "bob"]).await;
    let (path, messages) = (format!("threads/{thread}/"), format!("threads/{thread}/messages/"));
    let say = async || ann.post(&messages, json!({"content": "x"})).await.is(201);
    for _ in 0..3 {
        say().await;
    }
    let added = ann.post(&format!("{path}members/"), json!({"user": "fay"})).await.is(201);
    let numbers = async |done: &Value, user: &str| {
        let members = ann.get(&after(&path, done)).await.ok()["members"].clone();
        let receipts = ann.get(&after(&format!("{path}receipts/"), done)).await.ok()["receipts"].clone();
        let of = |list: &Value| list.as_array().and_then(|list| list.iter().find(|one| one["user"] == user).cloned());
        let (member, receipt) = (of(&members).expect("a member"), of(&receipts).expect("a receipt"));
        assert_eq!((&member["joined_number"], &member["read_number"]), (&receipt["joined_number"], &receipt["number"]));
        (member["joined_number"].clone(), member["read_number"].clone())
    };
    assert_eq!(numbers(&added, "fay").await, (json!(3), json!(0)), "fay has seen nothing yet");
    assert_eq!(numbers(&added, "bob").await, (json!(0), json!(0)));
    assert_eq!(numbers(&added, "ann").await, (json!(0), json!(3)), "sending is reading");

    say().await;
    let marked = fay.post(&format!("{path}mark-read/"), json!({})).await.ok();
    assert_eq!(numbers(&marked, "fay").await, (json!(3), json!(4)));
    ann.delete(&format!("{path}members/fay/")).await.ok();
    say().await;
    let back = ann.post(&format!("{path}members/"), json!({"user": "fay"})).await.is(201);
    assert_eq!(numbers(&back, "fay").await, (json!(5), json!(4)), "what was said meanwhile was not seen");
}
