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
    let app = App::start_with(|config| config.http.header_read_ms = 300).await;
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
async fn more_connections_than_allowed_wait_for_a_place() {
    let app = App::start_with(|config| {
        config.http.connections_max = 2;
        config.http.header_read_ms = 500;
    })
    .await;
    // These hold the places until their time for headers is over.
    let held = [connect(&app).await, connect(&app).await];
    let answer = tokio::time::timeout(PATIENCE, app.call(Method::GET, "/livez", &[])).await;
    assert_eq!(answer.expect("a place comes free").status(), 200);
    drop(held);
}

#[tokio::test]
async fn an_edge_that_is_told_to_go_finishes_what_it_has_and_goes() {
    let mut app = App::start_with(|config| {
        config.drain_window_ms = 100;
        config.grace_ms = 2_000;
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
