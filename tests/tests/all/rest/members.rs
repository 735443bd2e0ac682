//! Members over HTTP.

use serde_json::json;

use super::App;
use super::app::after;

#[tokio::test]
async fn members_come_and_go() {
    let app = App::start().await;
    let (ann, bob, cyd) = (app.rest("ann"), app.rest("bob"), app.rest("cyd"));
    let thread = app.group(&["ann", "bob"]).await;
    let (path, members) = (format!("threads/{thread}/"), format!("threads/{thread}/members/"));
    cyd.get(&path).await.problem(404, "unknown_thread");
    bob.post(&members, json!({"user": "cyd"})).await.problem(403, "forbidden");
    let added = ann.post(&members, json!({"user": "cyd"})).await.is(201);
    assert_eq!(cyd.get(&after(&path, &added)).await.ok()["member_count"], 3);
    ann.post(&members, json!({"user": "cyd"})).await.is(200);

    let raised = ann.put(&format!("{members}cyd/"), json!({"role": "admin"})).await.is(200);
    let roles = ann.get(&after(&path, &raised)).await.ok()["members"].clone();
    let role = |user: &str| {
        let members = roles.as_array().expect("a list");
        members.iter().find(|member| member["user"] == user).map(|member| member["role"].clone())
    };
    assert_eq!(
        (role("ann"), role("bob"), role("cyd")),
        (Some("owner".into()), Some("member".into()), Some("admin".into()))
    );

    let removed = cyd.delete(&format!("{members}bob/")).await.is(200);
    bob.get(&after(&path, &removed)).await.problem(404, "unknown_thread");
    ann.delete(&format!("{members}bob/")).await.problem(404, "unknown_member");
    ann.delete(&members).await.problem(409, "last_owner");
    ann.put(&format!("{members}ann/"), json!({"role": "member"})).await.problem(409, "last_owner");
    let left = cyd.delete(&members).await.is(200);
    cyd.get(&after(&path, &left)).await.problem(404, "unknown_thread");
    ann.delete(&members).await.is(200);
}

#[tokio::test]
async fn a_dm_has_the_members_that_it_has() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let made = ann.post("threads/", json!({"kind": "dm", "participants": ["bob"]})).await.is(201);
    let members = format!("threads/{}/members/", made["id"].as_str().expect("an id"));
    ann.post(&members, json!({"user": "cyd"})).await.problem(409, "dm_fixed");
    ann.delete(&format!("{members}bob/")).await.problem(409, "dm_fixed");
    ann.delete(&members).await.problem(409, "dm_fixed");
}

#[tokio::test]
async fn wrong_users_and_roles_are_named() {
    let app = App::start().await;
    let ann = app.rest("ann");
    let thread = app.group(&["ann", "bob"]).await;
    let members = format!("threads/{thread}/members/");
    let field = |problem: serde_json::Value| problem["field"].as_str().map(str::to_owned);
    for (body, expected) in [
        (json!({"user": ""}), "user"),
        (json!({"user": "a b"}), "user"),
        (json!({}), "user"),
        (json!({"user": "cyd", "role": "king"}), "role"),
        (json!({"user": "cyd", "since": 1}), "since"),
    ] {
        assert_eq!(field(ann.post(&members, body).await.problem(400, "invalid_field")).as_deref(), Some(expected));
    }
    let problem = ann.put(&format!("{members}bob/"), json!({})).await.problem(400, "invalid_field");
    assert_eq!(field(problem).as_deref(), Some("role"));
    let problem = ann.delete(&format!("{members}b%20b/")).await.problem(400, "invalid_field");
    assert_eq!(field(problem).as_deref(), Some("user"));
    ann.get("threads/7/").await.problem(400, "invalid_field");
}
