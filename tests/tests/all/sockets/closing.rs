//! Close codes of the protocol.

use std::time::Duration;

use serde_json::json;
use threadline_tests::edges::Edges;
use threadline_tests::socket::{Received, Socket};
use threadline_tests::token::token;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, http::HeaderValue};

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_without_hello_is_closed() {
    let edges = Edges::start_with(1, |config| config.sessions.hello = Duration::from_millis(100)).await;
    let mut silent = Socket::connect(edges.url(0)).await.unwrap();
    assert_eq!(silent.receive().await, Received::Closed(4502));
    let mut rude = Socket::connect(edges.url(0)).await.unwrap();
    rude.send(json!({"id": 1, "type": "ping"})).await;
    assert_eq!(rude.closed().await, 4502);
    let mut vague = Socket::connect(edges.url(0)).await.unwrap();
    vague.send(json!({"id": 1, "type": "hello", "token": 7})).await;
    let error = vague.frame_of("error").await;
    assert_eq!((&error["id"], &error["error"]["field"]), (&json!(1), &json!("token")));
    assert_eq!(vague.closed().await, 4502);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_closes_before_and_after_hello() {
    let edges = Edges::start(1).await;
    let large = format!("{{\"type\":\"ping\",\"id\":\"{}\"}}", "x".repeat(300_000));
    for text in ["", "hello", "[]", "{", "null", "\"hello\"", &large] {
        let mut socket = Socket::connect(edges.url(0)).await.unwrap();
        socket.text(text).await;
        assert_eq!(socket.closed().await, 4500, "before hello: {text:.20}");
        let (mut socket, _) = Socket::hello(edges.url(0), "ann", None).await;
        socket.text(text).await;
        assert_eq!(socket.closed().await, 4500, "after hello: {text:.20}");
    }
    let (mut socket, _) = Socket::hello(edges.url(0), "ann", None).await;
    socket.binary(b"{\"type\":\"ping\"}".to_vec()).await;
    assert_eq!(socket.closed().await, 4500);
}

#[tokio::test(flavor = "multi_thread")]
async fn request_errors_leave_the_socket_open() {
    let edges = Edges::start(1).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut eve, _) = Socket::hello(edges.url(0), "eve", None).await;
    let error = ann.refused(json!({"type": "dance"})).await;
    assert_eq!(error["code"], "unknown_type");
    let error = ann.refused(json!({"type": "ping", "loud": true})).await;
    assert_eq!((&error["code"], &error["field"]), (&json!("invalid_field"), &json!("loud")));
    let error = ann.refused(json!({"type": "hello", "token": token("ann")})).await;
    assert_eq!(error["field"], "type");
    for content in ["", &"x".repeat(70_000)] {
        assert_eq!(ann.refused(super::send(&thread, content)).await["field"], "message.content");
    }
    let error = ann.refused(json!({"type": "read", "thread": thread, "number": 9})).await;
    assert_eq!(error["field"], "number");
    // Whoever is not in a thread learns nothing of it.
    let read = json!({"type": "read", "thread": thread, "number": 0});
    for frame in
        [super::send(&thread, "hi"), super::send(&uuid::Uuid::now_v7().to_string(), "hi"), read, typing(&thread)]
    {
        assert_eq!(eve.refused(frame).await["code"], "not_a_member");
    }
    ann.say(&thread, "still here").await;
    eve.sync().await;
}

/// Encoders may write every character beyond ASCII as `\\uXXXX`: the longest message fits into a frame then too.
#[tokio::test(flavor = "multi_thread")]
async fn the_longest_message_fits_into_a_frame_however_it_is_written() {
    let edges = Edges::start(1).await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, welcome) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    let chars_max = welcome["limits"]["content_chars_max"].as_u64().expect("a limit") as usize;
    let mut frame = super::send(&thread, "@");
    frame["id"] = json!(1);
    ann.text(&frame.to_string().replace('@', &r"\ud83d\ude42".repeat(chars_max))).await;
    assert_eq!(ann.answer(&json!(1)).await["type"], "ok");
    let event = ben.event(&thread).await;
    assert_eq!(event["event"]["message"]["content"], "🙂".repeat(chars_max));
}

fn typing(thread: &str) -> serde_json::Value {
    json!({"type": "typing", "thread": thread, "status": "start"})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_for_too_long_is_closed_and_who_pings_is_not() {
    let edges = Edges::start_with(1, |config| config.sessions.heartbeat = Duration::from_millis(200)).await;
    let (mut silent, welcome) = Socket::hello(edges.url(0), "ann", None).await;
    assert_eq!(welcome["heartbeat_ms"], 200);
    let (mut alive, _) = Socket::hello(edges.url(0), "ben", None).await;
    let closed = silent.closed();
    tokio::pin!(closed);
    loop {
        tokio::select! {
            code = &mut closed => break assert_eq!(code, 4003),
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => drop(alive.sync().await),
        }
    }
    alive.sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_much_is_told_to_wait_and_then_closed() {
    let edges = Edges::start_with(1, |config| (config.rate.per_second, config.rate.burst) = (1, 5)).await;
    let (mut socket, _) = Socket::hello(edges.url(0), "ann", None).await;
    for id in 1..=200 {
        socket.send(json!({"id": id, "type": "ping"})).await;
    }
    let error = socket.frame_of("error").await;
    assert_eq!(error["error"]["code"], "rate_limited");
    assert_eq!(error["error"]["retryable"], true);
    assert!(error["error"]["retry_after_ms"].as_u64().is_some_and(|ms| (1..=1_000).contains(&ms)), "{error}");
    assert_eq!(socket.closed().await, 4004);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_only_so_many_sessions_at_once() {
    let edges = Edges::start_with(1, |config| config.sessions.per_user_max = 2).await;
    let (one, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (_two, _) = Socket::hello(edges.url(0), "ann", None).await;
    let mut third = Socket::connect(edges.url(0)).await.unwrap();
    third.send(json!({"type": "hello", "token": token("ann")})).await;
    assert_eq!(third.closed().await, 4504);
    let (_other, _) = Socket::hello(edges.url(0), "ben", None).await;
    one.cut();
    threadline_tests::wait::until("the place is free again", threadline_tests::socket::PATIENCE, async || {
        let mut again = Socket::connect(edges.url(0)).await.unwrap();
        again.send(json!({"type": "hello", "token": token("ann")})).await;
        matches!(again.receive().await, Received::Frame(frame) if frame["type"] == "welcome")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_allowed_origins_get_a_socket() {
    let edges = Edges::start_with(1, |config| config.origins = vec!["https://app.example.org".into()]).await;
    let connect = async |origin: &str| {
        let mut request = format!("{}/ws", edges.url(0).replacen("http", "ws", 1)).into_client_request().unwrap();
        request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => 101,
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(connect("https://app.example.org").await, 101);
    for origin in ["null", "https://app.example.org.evil.net", "https://evil.net", "http://app.example.org"] {
        assert_eq!(connect(origin).await, 403, "{origin}");
    }
    for (query, field) in [("", "Upgrade"), ("?token=a&token=b", "query")] {
        let refused = reqwest::get(format!("{}/ws{query}", edges.url(0))).await.unwrap();
        assert_eq!(refused.status(), 400);
        let problem: serde_json::Value = refused.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["field"]), (&json!("invalid_field"), &json!(field)));
    }
}

/// What a well-behaved client library would not send.
#[tokio::test(flavor = "multi_thread")]
async fn frames_against_the_protocol_are_refused() {
    let edges = Edges::start(1).await;
    let masked = |first: u8, payload: &[u8]| -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[first, 0x80 | length, 0, 0, 0, 0][..], payload].concat()
    };
    let text = br#"{"type":"ping"}"#;
    // A large frame announced, and a message of many fragments that never ends.
    let announced = [&[0x81, 0x80 | 127][..], &u64::MAX.to_be_bytes()[..], &[0; 4]].concat();
    let fragment = masked(0x00, &[b' '; 120]);
    let bomb = [masked(0x01, b"{"), fragment.repeat(2_400)].concat();
    let cases: [(&str, Vec<u8>); 7] = [
        ("a reserved bit", masked(0xc1, text)),
        ("an unknown opcode", masked(0x83, text)),
        ("no mask", [&[0x81, text.len() as u8][..], text].concat()),
        ("not UTF-8", masked(0x81, &[b'"', 0xff, b'"'])),
        ("a continuation of nothing", masked(0x80, text)),
        ("more than a frame may have", announced),
        ("a fragmented bomb", bomb),
    ];
    for (what, bytes) in cases {
        assert_eq!(close_code_after(edges.url(0), &bytes).await, Some(4500), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_above_the_limit_is_read_to_its_end_and_the_connection_is_not_reset() {
    let edges = Edges::start(1).await;
    let mut stream = upgraded(edges.url(0)).await;
    let header = [&[0x81, 0x80 | 127][..], &(8_u64 << 20).to_be_bytes()[..], &[0; 4]].concat();
    stream.write_all(&header).await.unwrap();
    // Far more than fits into the buffers of both kernels.
    stream.write_all(&vec![b'x'; 8 << 20]).await.expect("the edge reads what comes");
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.expect("the connection ends without a reset");
    assert_eq!(received[..4], [&[0x88, received[1]][..], &4500_u16.to_be_bytes()].concat());
}

/// Upgrades by hand, sends these bytes, and reads the code of the close frame.
async fn close_code_after(base: &str, bytes: &[u8]) -> Option<u16> {
    let mut stream = upgraded(base).await;
    // The other side may close before it has taken everything.
    let _ = stream.write_all(bytes).await;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.ok()?;
    (head[0] == 0x88).then(|| u16::from_be_bytes([head[2], head[3]]))
}

/// Upgrades by hand.
pub(super) async fn upgraded(base: &str) -> TcpStream {
    let address = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let upgrade = format!(
        "GET /ws HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        received.push(stream.read_u8().await.unwrap());
    }
    assert!(received.starts_with(b"HTTP/1.1 101"));
    stream
}
