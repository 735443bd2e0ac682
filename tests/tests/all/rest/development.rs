//! Signing in without a password: on development systems, for this machine.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use threadline_edge::auth::AuthConfig;
use threadline_tests::rest::Rest;

use super::App;
use super::app::text;

async fn app() -> App {
    App::start_with(|config| config.development_tokens = true).await
}

/// Asks for a token, with other headers than usual.
async fn ask(app: &App, headers: &[(&str, &str)], body: &Value) -> Response {
    let mut request = app.http.post(app.at("/api/dev/token")).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("the edge answers")
}

async fn told(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_token_for_anyone_is_taken() {
    let app = app().await;
    let (status, given) = told(ask(&app, &[], &json!({"user": "ann", "name": " Ann Ä "})).await).await;
    assert_eq!((status, &given["user"], &given["name"]), (200, &json!("ann"), &json!("Ann Ä")));
    assert_eq!(given.as_object().expect("an object").len(), 4);
    let ann = Rest::new(&app.http, &app.url, "nobody").with_token(&text(&given, "token"));
    let made = ann.post("threads/", json!({"kind": "group", "participants": []})).await.is(201);
    assert_eq!(made["members"][0]["user"], "ann");
    let (_, given) = told(ask(&app, &[], &json!({"user": "ben"})).await).await;
    assert_eq!(given["name"], Value::Null);
    let cached = ask(&app, &[], &json!({"user": "ben"})).await;
    assert_eq!(cached.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_token_ends_when_it_was_asked_to() {
    let app = app().await;
    let ends = async |body| text(&told(ask(&app, &[], &body).await).await.1, "expires_at");
    let minute = ends(json!({"user": "ann", "ttl_s": 60})).await;
    let hour = ends(json!({"user": "ann"})).await;
    let day = ends(json!({"user": "ann", "ttl_s": 86_400})).await;
    assert!(minute < hour && hour < day, "{minute} {hour} {day}");
    for (body, field) in [
        (json!({"user": "ann", "ttl_s": 0}), "ttl_s"),
        (json!({"user": "ann", "ttl_s": 86_401}), "ttl_s"),
        (json!({"user": "a b"}), "user"),
        (json!({"name": "Ann"}), "user"),
        (json!({"user": "ann", "name": " "}), "name"),
        (json!({"user": "ann", "sub": "x"}), "sub"),
    ] {
        let (status, problem) = told(ask(&app, &[], &body).await).await;
        assert_eq!((status, &problem["field"]), (400, &json!(field)), "{body}");
    }
}

#[tokio::test]
async fn foreign_names_pages_and_forms_get_none() {
    let app = App::start_with(|config| {
        config.development_tokens = true;
        config.origins = vec!["https://app.example.org".into()];
    })
    .await;
    let body = json!({"user": "ann"});
    let port = app.url.rsplit_once(':').expect("a port").1;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let (host, origin) = (format!("{host}:{port}"), format!("http://{host}:{port}"));
        assert_eq!(ask(&app, &[("host", &host)], &body).await.status(), 200, "{host}");
        assert_eq!(ask(&app, &[("host", &host), ("origin", &origin)], &body).await.status(), 200, "{host}");
    }
    // A name that someone else made lead here: page and request agree on it.
    let rebound = [("host", "evil.net:8080"), ("origin", "http://evil.net:8080")];
    let (status, problem) = told(ask(&app, &rebound, &body).await).await;
    assert_eq!((status, &problem["code"], &problem["field"]), (403, &json!("forbidden"), &json!("Host")));
    for origin in ["http://evil.net", "null", "http://127.0.0.1:1", "https://app.example.org"] {
        let (status, problem) = told(ask(&app, &[("origin", origin)], &body).await).await;
        assert_eq!((status, &problem["field"]), (403, &json!("Origin")), "{origin}");
    }
    // What a form can send.
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let form = app.http.post(app.at("/api/dev/token")).header("content-type", kind).body(body.to_string());
        assert_eq!(form.send().await.unwrap().status(), 415, "{kind}");
    }
    assert_eq!(app.call(Method::GET, "/api/dev/token", &[]).await.status(), 405);
}

#[tokio::test]
async fn who_asks_for_too_many_has_to_wait() {
    let app = app().await;
    let mut asked = 0;
    let refused = loop {
        asked += 1;
        let answer = ask(&app, &[], &json!({"user": format!("u{asked}")})).await;
        if answer.status() != 200 || asked > 5_000 {
            break answer;
        }
    };
    assert_eq!(refused.status(), 429, "after {asked}");
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn elsewhere_there_is_no_such_path() {
    let app = App::start().await;
    let (status, problem) = told(ask(&app, &[], &json!({"user": "ann"})).await).await;
    let (_, unknown) = told(app.call(Method::POST, "/api/nowhere", &[]).await).await;
    assert_eq!((status, &problem), (404, &unknown));
}

#[tokio::test]
async fn tokens_of_an_identity_provider_are_not_ours_to_give() {
    use threadline_edge::{Deps, EdgeConfig};
    let app = App::start().await;
    let mut config = EdgeConfig::new(AuthConfig::jwks("https://id.example.org/keys", "https://id.example.org/", "us"));
    config.development_tokens = true;
    config.listen.set_port(0);
    let (log, keyring) = (std::sync::Arc::new(app.log.clone()), app.keyring.clone());
    let deps = Deps { log, conversations: app.views.clone(), keyring, metrics: None, stopped: vec![] };
    let ended = threadline_edge::run(config, deps, app.shutdown.clone()).await;
    assert!(ended.expect_err("refused").to_string().contains("identity provider"));
}
