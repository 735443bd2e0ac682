//! Users over HTTP: whether an id belongs to somebody.

use serde_json::{Value, json};
use threadline_tests::token::token_without_name;

use super::App;
use super::app::after;

#[tokio::test]
async fn who_has_signed_in_is_known_and_nobody_else() {
    let app = App::start().await;
    let (ann, bob) = (app.rest("ann"), app.rest("bob"));
    let problem = ann.get("users/bne/").await.problem(404, "unknown_user");
    assert_eq!(problem["retryable"], false);
    ann.get("users/bob/").await.problem(404, "unknown_user");
    bob.get("threads/").await.ok();
    app.knows("bob").await;
    assert_eq!(ann.get("users/bob/").await.ok(), json!({"user": "bob", "name": "bob"}));
    assert_eq!(bob.get("users/bob").await.ok()["user"], "bob", "oneself too");

    let thread = app.group(&["ann", "bne"]).await;
    let made = ann.post(&format!("threads/{thread}/messages/"), json!({"content": "x"})).await.is(201);
    ann.get(&after(&format!("threads/{thread}/"), &made)).await.ok();
    ann.get("users/bne/").await.problem(404, "unknown_user");

    let problem = ann.get("users/a%20b/").await.problem(400, "invalid_field");
    assert_eq!(problem["field"], "user");
    assert_eq!(ann.get("users/bob/?x=1").await.problem(400, "invalid_field")["field"], "x");
}

#[tokio::test]
async fn a_token_without_a_name_says_who_was_here_and_takes_no_name_away() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let nameless = |user: &str| ann.with_token(&token_without_name(user));
    nameless("cyd").get("threads/").await.ok();
    app.knows("cyd").await;
    assert_eq!(ann.get("users/cyd/").await.ok(), json!({"user": "cyd", "name": Value::Null}));
    let thread = app.group(&["ann", "cyd"]).await;
    let members = ann.get(&format!("threads/{thread}/")).await.ok()["members"].clone();
    assert_eq!(members[1]["name"], Value::Null, "{members}");

    app.rest("dan").get("threads/").await.ok();
    app.knows("dan").await;
    nameless("dan").get("threads/").await.ok();
    nameless("eve").get("threads/").await.ok();
    app.knows("eve").await;
    assert_eq!(ann.get("users/dan/").await.ok()["name"], "dan");
    app.rest("cyd").get("threads/").await.ok();
    let has_a_name = async || ann.get("users/cyd/").await.ok()["name"] == "cyd";
    threadline_tests::wait::until("cyd has a name", std::time::Duration::from_secs(20), has_a_name).await;
}
