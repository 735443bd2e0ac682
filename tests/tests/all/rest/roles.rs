//! The product's own backend, and what roles in a token allow.

use serde_json::json;
use threadline_tests::rest::Rest;
use threadline_tests::socket::Socket;
use threadline_tests::token::token_with;

use super::App;
use super::app::{after, text};

async fn app() -> App {
    App::start_with(|config| config.reserved_key_prefixes = vec!["project_".into(), "order:".into()]).await
}

fn with_roles(app: &App, user: &str, roles: &[&str]) -> Rest {
    app.rest(user).with_token(&token_with(user, roles))
}

#[tokio::test]
async fn a_reserved_key_is_for_services_and_admins() {
    let app = app().await;
    let create = |key: &str| json!({"kind": "group", "key": key, "participants": ["ann"]});
    for caller in [app.rest("mallory"), with_roles(&app, "mallory", &["moderator", "mediator"])] {
        let problem = caller.post("threads/", create("project_305")).await.problem(403, "forbidden");
        assert_eq!(problem["field"], "key");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("project_")), "{problem}");
    }
    let shop = with_roles(&app, "shop", &["service"]);
    let made = shop.post("threads/", create("project_305")).await.is(201);
    let members = made["members"].as_array().expect("members").clone();
    assert_eq!(members.len(), 1, "a service is no member: {made}");
    let again = shop.post("threads/", create("project_305")).await.is(200);
    assert_eq!(again["id"], made["id"]);
    with_roles(&app, "root", &["admin"]).post("threads/", create("order:7")).await.is(201);
    // Only the beginning counts.
    app.rest("mallory").post("threads/", create("my_project_305")).await.is(201);
    // A member may ask for it by its key as before, and is told the same.
    app.rest("ann").post("threads/", create("my_project_305")).await.is(200);
}

#[tokio::test]
async fn a_service_acts_in_its_own_name_in_a_thread_that_it_is_not_in() {
    let app = app().await;
    let thread = app.group(&["ann", "ben"]).await;
    let shop = with_roles(&app, "shop", &["service"]);
    let body = json!({"kind": "system", "content": "Your order was sent"});
    let sent = shop.post(&format!("threads/{thread}/messages/"), body).await.is(201);
    assert_eq!((&sent["sender"], &sent["kind"]), (&json!("service:shop"), &json!("system")));
    let added = shop.post(&format!("threads/{thread}/members/"), json!({"user": "cleo"})).await.is(201);
    shop.put(&format!("threads/{thread}/"), json!({"title": "Order 7"})).await.is(200);
    let read = app.rest("ann").get(&after(&format!("threads/{thread}/messages/"), &added)).await.ok();
    assert_eq!(read["messages"][0]["sender"], "service:shop");
    // The same once more changes nothing.
    let id = text(&sent, "id");
    let body = json!({"id": id, "kind": "system", "content": "Your order was sent"});
    shop.post(&format!("threads/{thread}/messages/"), body).await.is(200);
    // What only the backend may say, a person may not.
    let body = json!({"kind": "system", "content": "Your order was sent"});
    let refused = app.rest("ann").post(&format!("threads/{thread}/messages/"), body).await;
    assert_eq!(refused.problem(400, "invalid_field")["field"], "kind");
}

#[tokio::test]
async fn a_service_has_no_threads_and_no_socket_of_its_own() {
    let app = app().await;
    let thread = app.group(&["ann", "ben"]).await;
    let shop = with_roles(&app, "shop", &["service"]);
    for path in ["threads/", "unread-count/", &format!("threads/{thread}/messages/")] {
        shop.get(path).await.problem(403, "forbidden");
    }
    let mut socket = Socket::connect(&app.url).await.expect("the edge upgrades");
    socket.send(json!({"id": 1, "type": "hello", "token": token_with("shop", &["service"])})).await;
    assert_eq!(socket.closed().await, 4503);
    // The person of that name is somebody else.
    app.rest("shop").get(&format!("threads/{thread}/")).await.problem(404, "unknown_thread");
}

#[tokio::test]
async fn nobody_signs_in_as_a_service_by_name() {
    let app = app().await;
    let answer = app.rest("ann").with_token(&token_with("service:shop", &[])).get("threads/").await;
    answer.problem(401, "unauthenticated");
    let participants = json!({"kind": "group", "participants": ["service:shop"]});
    app.rest("ann").post("threads/", participants).await.problem(400, "invalid_field");
}
