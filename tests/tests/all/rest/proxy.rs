//! An edge behind a reverse proxy: under a path, with TLS taken off, and called by another name inside.

use reqwest::{Method, StatusCode, redirect};
use threadline_edge::EdgeConfig;
use threadline_tests::socket::Socket;
use threadline_tests::token::token;
use tokio_tungstenite::tungstenite::Error;

use super::App;

/// What a proxy for `https://example.org/chat/` says of a client's request.
const FORWARDED: [(&str, &str); 2] = [("x-forwarded-host", "example.org"), ("x-forwarded-proto", "https")];

fn behind_proxy(config: &mut EdgeConfig) {
    config.proxy.trusted = vec!["127.0.0.1/32".parse().expect("a network")];
    config.proxy.path_prefix = "/chat".into();
}

/// The status of an upgrade at this path, for a page of this origin.
async fn upgrade(app: &App, path: &str, origin: &'static str) -> u16 {
    let url = format!("{}{path}", app.url.replacen("http", "ws", 1));
    let headers: Vec<_> = FORWARDED.into_iter().chain([("origin", origin)]).collect();
    match Socket::open_with(&url, &headers).await.map(drop) {
        Ok(()) => 101,
        Err(Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn pages_of_the_address_that_clients_see_are_our_own() {
    let app = App::start_with(behind_proxy).await;
    assert_eq!(upgrade(&app, "/chat/ws", "https://example.org").await, 101);
    assert_eq!(upgrade(&app, "/ws", "https://example.org").await, 101, "the proxy may take the path off");
    for origin in ["http://example.org", "https://example.org.evil.net", "https://example.org:8443", "null"] {
        assert_eq!(upgrade(&app, "/chat/ws", origin).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn whoever_is_no_trusted_proxy_is_not_believed() {
    let app = App::start_with(|config| config.proxy.trusted = vec!["10.0.0.0/8".parse().expect("a network")]).await;
    assert_eq!(upgrade(&app, "/ws", "https://example.org").await, 403);
    assert_eq!(upgrade(&app, "/chat/ws", "https://example.org").await, 404);
}

#[tokio::test]
async fn everything_is_served_under_the_path_too() {
    let app = App::start_with(behind_proxy).await;
    let bearer = format!("Bearer {}", token("ann"));
    for path in
        ["/chat/api/chat/threads/?limit=1", "/api/chat/threads/?limit=1", "/chat/", "/chat/readyz", "/chat/docs"]
    {
        let answer = app.call(Method::GET, path, &[("authorization", &bearer)]).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    assert_eq!(app.call(Method::GET, "/chatter/", &[]).await.status(), 404);
    // Relative addresses lead on from the path with its slash only.
    let http = reqwest::Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
    let answer = http.get(app.at("/chat")).send().await.expect("an answer");
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (StatusCode::PERMANENT_REDIRECT, &"/chat/".parse().unwrap())
    );
}

#[tokio::test]
async fn a_proxys_connections_are_not_one_clients() {
    let app = App::start_with(|config| {
        behind_proxy(config);
        config.http.connections_per_address_max = 1;
    })
    .await;
    let (first, second) = (Socket::connect(&app.url).await, Socket::connect(&app.url).await);
    assert!(first.is_ok() && second.is_ok());
}
