//! Connections: slow ones, too many, and the good end.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::App;

/// Far longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(app: &App) -> TcpStream {
    let address = app.url.strip_prefix("http://").expect("a URL");
    TcpStream::connect(address).await.expect("the edge accepts")
}

/// Everything until the edge closes the connection.
async fn rest_of(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the edge closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn headers_that_do_not_come_cost_the_connection() {
    let app = App::start_with(|config| config.http.header_read = Duration::from_millis(300)).await;
    let mut slow = connect(&app).await;
    slow.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let silent = connect(&app).await;
    let start = Instant::now();
    assert!(!rest_of(slow).await.contains("200 OK"));
    rest_of(silent).await;
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(app.call(Method::GET, "/livez", &[]).await.status(), 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let app = App::start().await;
    let mut stream = connect(&app).await;
    let head = format!("GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(64 * 1024));
    // The edge may close before everything is written.
    let _ = stream.write_all(head.as_bytes()).await;
    assert!(!rest_of(stream).await.contains("200 OK"));
    assert_eq!(app.call(Method::GET, "/livez", &[]).await.status(), 200);
}

/// Two requests on one connection, the first with a body of which `sent` bytes come; all that is answered.
async fn two_requests(app: &App, content_length: usize, sent: usize) -> String {
    let mut stream = connect(app).await;
    let head = format!("POST /api/chat/threads HTTP/1.1\r\nHost: x\r\nContent-Length: {content_length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; sent]).await.unwrap();
    // Goes nowhere if the edge closes, which is what it then has to say.
    let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    rest_of(stream).await
}

#[tokio::test]
async fn a_request_refused_early_spoils_none_after_it() {
    let app = App::start_with(|config| config.http.body_bytes_max = 64 * 1024).await;
    let both = two_requests(&app, 128 * 1024, 128 * 1024).await;
    assert!(both.contains("HTTP/1.1 401") && both.contains("HTTP/1.1 200"), "{both}");
}

#[tokio::test]
async fn a_connection_that_cannot_go_on_is_said_to_close() {
    let app = App::start().await;
    let first = two_requests(&app, 1_000_000_000, 0).await;
    assert!(first.contains("HTTP/1.1 401") && first.contains("connection: close"), "{first}");
    assert!(!first.contains("HTTP/1.1 200"), "{first}");
}

#[tokio::test]
async fn connections_beyond_the_bound_are_refused_at_once_and_a_silent_one_makes_room() {
    let app = App::start_with(|config| {
        config.http.connections_max = 2;
        config.http.header_read = Duration::from_secs(2);
    })
    .await;
    // Connections that say nothing more hold the places, each for a while.
    let mut held = Vec::new();
    let mut refusal = String::new();
    let refused = async || {
        let mut stream = connect(&app).await;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut status = [0; 12];
        let answered = stream.read_exact(&mut status).await.is_ok();
        if answered && &status == b"HTTP/1.1 503" {
            refusal = rest_of(stream).await;
            return true;
        }
        held.push(stream);
        false
    };
    threadline_tests::wait::until("a connection is refused", PATIENCE, refused).await;
    assert!(refusal.contains("\r\nretry-after: 1\r\n"), "{refusal}");
    assert!(refusal.contains("\r\nconnection: close\r\n") && refusal.contains("\"code\":\"unavailable\""), "{refusal}");
    for stream in held {
        rest_of(stream).await;
    }
    assert_eq!(app.call(Method::GET, "/livez", &[]).await.status(), 200);
}

#[tokio::test]
async fn one_address_has_only_so_many_connections() {
    let app = App::start_with(|config| {
        config.http.connections_per_address_max = 1;
        config.http.header_read = Duration::from_secs(2);
    })
    .await;
    let full = async || {
        let _first = connect(&app).await;
        let answer = rest_of(connect(&app).await).await;
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("from this address")
    };
    threadline_tests::wait::until("the address is full", PATIENCE, full).await;
    threadline_tests::wait::until("there is a place again", PATIENCE, async || {
        app.http.get(app.at("/livez")).send().await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

#[tokio::test]
async fn the_operation_endpoints_answer_when_clients_have_filled_the_edge() {
    let app = App::start_with(|config| {
        config.http.connections_max = 1;
        config.http.header_read = Duration::from_mins(1);
    })
    .await;
    // Whoever has the one place, it is not given back within this test.
    let mut held = Vec::new();
    let full = async || {
        let mut stream = connect(&app).await;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut status = [0; 12];
        let is_full = stream.read_exact(&mut status).await.is_ok() && &status == b"HTTP/1.1 503";
        held.push(stream);
        is_full
    };
    threadline_tests::wait::until("the edge is full", PATIENCE, full).await;
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 404), ("/api/chat/threads", 404)] {
        let url = format!("{}{path}", app.operations);
        assert_eq!(reqwest::get(&url).await.expect("it answers").status().as_u16(), status, "{path}");
    }
    drop(held);
}

#[tokio::test]
async fn the_operation_endpoints_cannot_be_held_by_silence() {
    let app = App::start().await;
    let address = app.operations.strip_prefix("http://").expect("a URL");
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.expect("it is accepted or refused, not left waiting"));
    }
    let answers = async || {
        let answer = reqwest::get(format!("{}/livez", app.operations)).await;
        answer.is_ok_and(|answer| answer.status() == 200)
    };
    threadline_tests::wait::until("they answer", PATIENCE, answers).await;
}

#[tokio::test]
async fn an_edge_that_is_told_to_go_finishes_what_it_has_and_goes() {
    let mut app = App::start_with(|config| {
        config.drain_window = Duration::from_millis(100);
        config.grace = Duration::from_secs(2);
    })
    .await;
    // A connection that is kept alive and says nothing more must not hold it up.
    let mut idle = connect(&app).await;
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut head = [0; 15];
    idle.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    app.shutdown.cancel();
    let ended = tokio::time::timeout(PATIENCE, &mut app.edge).await.expect("it ends");
    ended.expect("without a panic").expect("without an error");
    rest_of(idle).await;
    assert!(app.http.get(app.at("/livez")).send().await.is_err(), "nobody listens any more");
}
