//! Tokens on an open socket.

use std::time::Duration;

use serde_json::json;
use threadline_tests::edges::Edges;
use threadline_tests::socket::{Received, Socket};
use threadline_tests::token::{token, token_for};
use tokio_tungstenite::tungstenite::Error;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_closes_and_does_not_invite_to_reconnect() {
    let edges = Edges::start(1).await;
    let good = token("ann");
    for token in ["", "nonsense", &good[..good.len() - 4], &token_for("has space", 60)] {
        let mut socket = Socket::connect(edges.url(0)).await.unwrap();
        socket.send(json!({"type": "hello", "token": token})).await;
        let code = socket.closed().await;
        assert!([4501, 4502].contains(&code), "{token}: {code}");
    }
}

/// A browser can set no header of a WebSocket but this one, and an address is written into logs.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_be_offered_as_a_protocol() {
    let edges = Edges::start(1).await;
    let url = format!("{}/ws", edges.url(0).replacen("http", "ws", 1));
    let with = async |protocols: &[&str]| {
        let headers: Vec<_> = protocols.iter().map(|value| ("sec-websocket-protocol", *value)).collect();
        Socket::open_with(&url, &headers).await
    };
    let bearer = format!("bearer.{}", token("ann"));
    // The client checks that it was given the protocol that it asked for.
    let mut ann = with(&[&format!("threadline, {bearer}")]).await.unwrap();
    assert_eq!(ann.frame().await["user"], "ann");
    ann.request(json!({"type": "ping"})).await;
    let mut ben = with(&["threadline, other"]).await.unwrap();
    ben.send(json!({"type": "hello", "token": token("ben")})).await;
    assert_eq!(ben.frame().await["user"], "ben");
    let mut bad = with(&["threadline, bearer.nonsense"]).await.unwrap();
    assert_eq!(bad.closed().await, 4501);
    for refused in [bearer.clone(), format!("threadline, {bearer}, {bearer}")] {
        let Err(Error::Http(answer)) = with(&[&refused]).await.map(drop) else { panic!("{refused} is taken") };
        let body = String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default()).into_owned();
        assert!(answer.status() == 400 && body.contains("Sec-WebSocket-Protocol"), "{answer:?}");
    }
    let twice = format!("{url}?token={}", token("ann"));
    let answer = Socket::open_with(&twice, &[("sec-websocket-protocol", &format!("threadline, {bearer}"))]).await;
    assert!(matches!(answer.map(drop), Err(Error::Http(answer)) if answer.status() == 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_invites_to_reconnect_with_a_new_one() {
    let edges = Edges::start(1).await;
    let mut socket = Socket::connect(edges.url(0)).await.unwrap();
    socket.send(json!({"type": "hello", "token": token_for("ann", -3_600)})).await;
    assert_eq!(socket.closed().await, 4002);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_that_its_token_ends_and_is_closed_when_it_does() {
    let edges = Edges::start_with(1, |config| {
        config.auth.leeway = Duration::ZERO;
        config.sessions.expiry_notice = Duration::from_mins(1);
    })
    .await;
    let mut socket = Socket::connect(edges.url(0)).await.unwrap();
    socket.send(json!({"type": "hello", "token": token_for("ann", 2)})).await;
    assert_eq!(socket.frame().await["type"], "welcome");
    assert!(socket.frame_of("token_expiring").await["at"].is_string());
    assert_eq!(socket.receive().await, Received::Closed(4002));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_that_ends_earlier_counts_from_then_on() {
    let edges = Edges::start_with(1, |config| config.auth.leeway = Duration::ZERO).await;
    let (mut socket, _) = Socket::hello(edges.url(0), "ann", None).await;
    socket.request(json!({"type": "auth", "token": token_for("ann", 2)})).await;
    assert!(socket.frame_of("token_expiring").await["at"].is_string());
    assert_eq!(socket.receive().await, Received::Closed(4002));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_keeps_the_stream() {
    let edges = Edges::start_with(1, |config| config.auth.leeway = Duration::ZERO).await;
    let thread = edges.group("ann", &["ben"]).await;
    let mut ann = Socket::connect(edges.url(0)).await.unwrap();
    ann.send(json!({"type": "hello", "token": token_for("ann", 2)})).await;
    ann.frame_of("token_expiring").await;
    let ok = ann.request(json!({"type": "auth", "token": token("ann")})).await;
    assert!(ok["result"]["expires_at"].is_string(), "{ok}");
    // A bad one changes nothing.
    assert_eq!(ann.refused(json!({"type": "auth", "token": "nonsense"})).await["code"], "unauthenticated");
    let mut old = Socket::connect(edges.url(0)).await.unwrap();
    old.send(json!({"type": "hello", "token": token_for("ann", 2)})).await;
    // When a session with the old token's time has ended, the one with the new token goes on.
    assert_eq!(old.closed().await, 4002);
    ann.say(&thread, "still here").await;
    // Somebody else's token is none for this socket.
    ann.send(json!({"id": 1, "type": "auth", "token": token("ben")})).await;
    assert_eq!(ann.closed().await, 4503);
}
