//! Texts that show nothing or turn others around, and what is said of wrong values.

use serde_json::json;
use uuid::Uuid;

use super::App;

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
