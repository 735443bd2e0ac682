//! What stands around the calls: origins, headers, limits, traces, schemas, documents.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use threadline_domain::{Actor, Topic};
use threadline_eventlog::memory::Fate;
use threadline_eventlog::{EventLog, Headers, NewRecord, Start, header};
use threadline_tests::token::token;
use threadline_tests::wait::until;

use super::App;

const PAGE: &str = "https://app.example.org";

#[tokio::test]
async fn only_allowed_pages_may_read_answers() {
    let app = App::start_with(|config| config.origins = vec![PAGE.into()]).await;
    let asks = [("access-control-request-method", "PUT"), ("access-control-request-headers", "authorization")];
    let path = "/api/chat/threads/";
    let preflight = app.call(Method::OPTIONS, path, &[("origin", PAGE), asks[0], asks[1]]).await;
    assert_eq!(preflight.status(), 204);
    assert_eq!(preflight.headers()["access-control-allow-origin"], PAGE);
    assert!(preflight.headers()["access-control-allow-headers"].to_str().unwrap().contains("Authorization"));
    for origin in ["https://app.example.org.evil.net", "null"] {
        let preflight = app.call(Method::OPTIONS, path, &[("origin", origin), asks[0], asks[1]]).await;
        assert_eq!(preflight.status(), 405, "{origin}");
        assert!(!preflight.headers().contains_key("access-control-allow-origin"), "{origin}");
        let upgrade = [
            ("origin", origin),
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        assert_eq!(app.call(Method::GET, "/ws", &upgrade).await.status(), 403, "{origin}");
    }
}

#[tokio::test]
async fn answers_are_not_cached_framed_or_guessed() {
    let app = App::start().await;
    for path in ["/api/chat/threads/", "/nowhere", "/livez", "/docs"] {
        let answer = app.call(Method::GET, path, &[]).await;
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"), "{path}");
    }
}

#[tokio::test]
async fn refusals_say_how_to_do_better() {
    let app = App::start().await;
    let answer = app.call(Method::PUT, "/api/chat/threads/", &[]).await;
    assert_eq!(answer.status(), 405);
    let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST") && !allow.contains("PUT"), "{allow}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    for authorization in ["", "Bearer", "Basic YTpi", "Bearer x", "bearer a.b.c"] {
        let answer = app.call(Method::GET, "/api/chat/threads/", &[("authorization", authorization)]).await;
        assert_eq!(answer.status(), 401, "{authorization}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    let token = format!("bearer {}", token("ann"));
    assert_eq!(app.call(Method::GET, "/api/chat/threads/", &[("authorization", &token)]).await.status(), 200);
}

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_back() {
    let app = App::start_with(|config| {
        config.rate.per_second = 1;
        config.rate.burst = 3;
    })
    .await;
    let token = format!("Bearer {}", token("ann"));
    let call = async || app.call(Method::GET, "/api/chat/unread-count/", &[("authorization", &token)]).await;
    let mut answer = call().await;
    for _ in 0..10 {
        if answer.status() != 200 {
            break;
        }
        answer = call().await;
    }
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "1");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["retryable"]), (&json!("rate_limited"), &json!(true)));
    app.rest("bob").get("unread-count/").await.ok();
}

#[tokio::test]
async fn a_callers_trace_goes_into_the_log() {
    let app = App::start().await;
    let mut tail = app.log.tail(Topic::Messages, (0..3).map(|partition| (partition, Start::End)).collect());
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = app.http.post(app.at("/api/chat/threads/")).bearer_auth(token("ann"));
    let request = request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let made = request.json(&json!({"kind": "group", "participants": []})).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let batch = tail.next().await.expect("the event");
    let carried = batch.records[0].headers.text(header::TRACEPARENT).expect("a trace").to_owned();
    assert!(carried.starts_with(&format!("00-{trace}-")) && !carried.contains("00f067aa0ba902b7"), "{carried}");
}

#[tokio::test]
async fn a_name_from_the_token_is_shown_to_others() {
    let app = App::start().await;
    // The first name is lost on its way; the user's next request brings it again.
    let mut names = 0;
    app.log.set_fates(move |topic, _| {
        names += usize::from(topic == Topic::Users);
        if topic == Topic::Users && names == 1 { Fate::FailedBefore } else { Fate::Confirmed }
    });
    app.rest("bob").get("threads/").await.ok();
    let thread = app.group(&["ann", "bob"]).await;
    let shown = async || {
        app.rest("bob").get("threads/").await.ok();
        let members = app.rest("ann").get(&format!("threads/{thread}/")).await.ok()["members"].clone();
        members.as_array().expect("a list").iter().all(|member| member["name"] == member["user"])
    };
    threadline_tests::wait::until("the names are shown", std::time::Duration::from_secs(10), shown).await;
}

#[tokio::test]
async fn a_name_is_shown_again_after_the_key_that_sealed_it_was_destroyed() {
    let app = App::start().await;
    let thread = app.group(&["ann", "bob"]).await;
    let shown = async || {
        app.rest("bob").get("threads/").await.ok();
        let members = app.rest("ann").get(&format!("threads/{thread}/")).await.ok()["members"].clone();
        let bob = members.as_array().expect("a list").iter().find(|member| member["user"] == "bob").cloned();
        bob.expect("a member")["name"] == "bob"
    };
    until("bob has a name", Duration::from_secs(10), shown).await;
    app.keyring.destroy(&"bob".parse::<Actor>().expect("an id")).await.expect("the key is there");
    until("bob has a name again", Duration::from_secs(10), shown).await;
}

#[tokio::test]
async fn a_stock_deserializer_finds_every_schema() {
    let app = App::start().await;
    let get = async |path: &str| {
        let answer = app.call(Method::GET, path, &[]).await;
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let (_, subjects) = get("/subjects/").await;
    assert!(subjects.as_array().expect("a list").len() >= 20);
    for subject in subjects.as_array().expect("a list") {
        let subject = subject.as_str().expect("a name");
        let (_, versions) = get(&format!("/subjects/{subject}/versions")).await;
        let newest = versions.as_array().and_then(|versions| versions.last()).expect("a version").clone();
        let (status, latest) = get(&format!("/subjects/{subject}/versions/latest")).await;
        assert_eq!((status, &latest["version"], &latest["subject"]), (200, &newest, &json!(subject)));
        let (_, by_id) = get(&format!("/schemas/ids/{}?fetchMaxId=false", latest["id"])).await;
        assert_eq!(by_id["schema"], latest["schema"]);
        serde_json::from_str::<Value>(by_id["schema"].as_str().expect("a text")).expect("a schema is JSON");
    }
    for (path, code) in [
        ("/schemas/ids/9999", 40_403),
        ("/schemas/ids/x", 40_403),
        ("/subjects/none/versions", 40_401),
        ("/subjects/threadline.messages-threadline.MessagePosted/versions/99", 40_402),
    ] {
        let (status, error) = get(path).await;
        assert_eq!((status, error["error_code"].as_i64()), (404, Some(code)), "{path}");
    }
}

#[tokio::test]
async fn the_documents_are_there() {
    let app = App::start().await;
    let docs = app.call(Method::GET, "/docs/", &[]).await.text().await.unwrap();
    assert!(docs.contains("/api/chat/threads/{thread}/messages") && !docs.contains("http://"), "{docs:.200}");
    for (path, version) in [("/openapi.json", "openapi"), ("/asyncapi.json", "asyncapi")] {
        assert!(docs.contains(&format!("href={path}")), "{path}");
        let document: Value = app.call(Method::GET, path, &[]).await.json().await.unwrap();
        assert!(document[version].is_string() && document["components"]["schemas"]["Message"].is_object(), "{path}");
    }
    let ready: Value = app.call(Method::GET, "/readyz", &[]).await.json().await.unwrap();
    assert_eq!(
        ready,
        json!({"ready": true, "checks": {"hub": "ok", "log": "ok", "partitions": "ok", "projections": "ok"}})
    );
}

#[tokio::test]
async fn readiness_names_the_record_that_roles_of_the_process_stand_still_at() {
    let app = App::start().await;
    let newer = NewRecord {
        key: "key".into(),
        value: Some(b"\0\0\0\x7f\xffwhat only a newer program can read".as_slice().into()),
        headers: Headers::new().with(header::CAUSE, "1"),
    };
    app.log.append_to(Topic::Messages, 0, newer).await.unwrap();
    let said = "stopped at messages:0:0: no schema has the id 32767, a newer program wrote it";
    until("it is said", Duration::from_mins(1), async || {
        let answer = app.call(Method::GET, "/readyz", &[]).await;
        let status = answer.status();
        let ready: Value = answer.json().await.unwrap();
        status == 503 && ready["checks"]["partitions"] == said
    })
    .await;
}
