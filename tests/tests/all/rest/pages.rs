//! Pages that are cut where their bytes are too many, and go on from there without a hole.

use serde_json::{Value, json};
use threadline_tests::rest::Rest;

use super::App;
use super::app::after;

/// Room for six of the messages below.
const PAGE_BYTES_MAX: usize = 64 * 1024;
const MESSAGES: u64 = 30;

async fn app() -> App {
    App::start_with(|config| config.http.page_bytes_max = PAGE_BYTES_MAX).await
}

async fn messages(app: &App) -> (String, Value) {
    let thread = app.group(&["ann", "ben"]).await;
    let content = "x".repeat(9_000);
    let mut sent = Value::Null;
    for _ in 0..MESSAGES {
        let posted = app.rest("ann").post(&format!("threads/{thread}/messages/"), json!({"content": content})).await;
        sent = posted.is(201);
    }
    (thread, sent)
}

/// The numbers of a list's elements, and its `next`.
async fn page(rest: &Rest, path: &str, list: &str, field: &str) -> (Vec<u64>, Option<u64>) {
    let page = rest.get(path).await.ok();
    assert!(page.to_string().len() <= PAGE_BYTES_MAX + 1_024, "a page of {} bytes", page.to_string().len());
    let numbers = page[list].as_array().expect("a list").iter().filter_map(|element| element[field].as_u64());
    (numbers.collect(), page["next"].as_u64())
}

#[tokio::test]
async fn history_goes_on_in_both_directions() {
    let app = app().await;
    let (thread, sent) = messages(&app).await;
    let ben = app.rest("ben");
    let path = format!("threads/{thread}/messages/?limit=200");
    let (mut seen, mut next) = page(&ben, &after(&path, &sent), "messages", "number").await;
    assert!(seen.len() < 10, "it is cut");
    while let Some(number) = next {
        let (older, following) = page(&ben, &format!("{path}&before={number}"), "messages", "number").await;
        assert!(!older.is_empty());
        seen.extend(older);
        next = following;
    }
    assert_eq!(seen, (1..=MESSAGES).rev().collect::<Vec<_>>());

    let (mut seen, mut next) = (Vec::new(), Some(0));
    while let Some(number) = next {
        let (newer, following) = page(&ben, &format!("{path}&after={number}"), "messages", "number").await;
        assert!(newer.is_sorted_by(|one, other| one > other), "newest first: {newer:?}");
        seen.extend(newer.into_iter().rev());
        next = following;
    }
    assert_eq!(seen, (1..=MESSAGES).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_around_a_number_keeps_it_in_its_middle() {
    let app = app().await;
    let (thread, sent) = messages(&app).await;
    let path = after(&format!("threads/{thread}/messages/?limit=30&around=15"), &sent);
    let (seen, next) = page(&app.rest("ben"), &path, "messages", "number").await;
    let (newest, oldest) = (seen[0], seen[seen.len() - 1]);
    assert_eq!(seen, (oldest..=newest).rev().collect::<Vec<_>>(), "no hole");
    assert!(oldest < 15 && 15 < newest && (15 - oldest).abs_diff(newest - 15) <= 1, "{seen:?}");
    assert_eq!(next, Some(oldest));
}

#[tokio::test]
async fn a_timeline_goes_on_where_it_was_cut() {
    let app = app().await;
    let (thread, sent) = messages(&app).await;
    app.rest("ben").get(&after("unread-count/", &sent)).await.ok();
    let path = format!("threads/{thread}/events/?limit=200");
    let (mut seen, mut next) = (Vec::new(), Some(0));
    while let Some(seq) = next {
        let (events, following) = page(&app.rest("ben"), &format!("{path}&after_seq={seq}"), "events", "seq").await;
        assert!(events.len() < 10, "it is cut");
        seen.extend(events);
        next = following;
    }
    assert_eq!(seen, (1..=MESSAGES + 1).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_of_threads_goes_on_where_it_was_cut() {
    let app = app().await;
    let metadata = json!({"text": "x".repeat(7_000)});
    let mut made = Vec::new();
    for _ in 0..20 {
        let body = json!({"kind": "group", "participants": [], "metadata": metadata});
        let thread = app.rest("ann").post("threads/", body).await.is(201);
        made.push(thread["id"].clone());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.rest("ann").get(&format!("threads/?limit=200{cursor}")).await.ok();
        let threads = page["threads"].as_array().expect("a list");
        assert!(threads.len() < 10, "it is cut");
        seen.extend(threads.iter().map(|thread| thread["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    made.reverse();
    assert_eq!(seen, made);
}

#[tokio::test]
async fn one_message_larger_than_a_page_is_still_shown() {
    let app = App::start_with(|config| config.http.page_bytes_max = 4_096).await;
    let (thread, sent) = messages(&app).await;
    let page = app.rest("ben").get(&after(&format!("threads/{thread}/messages/"), &sent)).await.ok();
    assert_eq!(page["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["next"], MESSAGES);
}
