//! Bad input of every sort: the error names the field, and the connection lives or dies as the contract says.

use reqwest::Method;
use serde_json::{Value, json};
use threadline_tests::cluster::Cluster;
use threadline_tests::socket::Socket;
use uuid::Uuid;

/// One more than a message's content may have.
const TOO_MANY_CHARS: usize = 10_001;

pub(super) async fn wrong_requests_name_the_field(cluster: &Cluster) {
    let rest = cluster.rest(0, "ann.wrong");
    let made = rest.post("threads/", json!({"kind": "group", "participants": ["bob.wrong"]})).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id");
    let messages = format!("threads/{thread}/messages/");
    let long = "x".repeat(TOO_MANY_CHARS);
    let posts: [(&str, Value, &str); 11] = [
        ("threads/", json!({"kind": "group", "participants": [], "titel": "x"}), "titel"),
        ("threads/", json!({"kind": "party", "participants": []}), "kind"),
        ("threads/", json!({"kind": "group", "participants": "bob"}), "participants"),
        ("threads/", json!({"kind": "group", "participants": [], "title": 7}), "title"),
        ("threads/", json!({"kind": "dm", "participants": []}), "participants"),
        (&messages, json!({}), "content"),
        (&messages, json!({"content": ""}), "content"),
        (&messages, json!({"content": long}), "content"),
        (&messages, json!({"content": "x", "id": "7"}), "id"),
        (&messages, json!({"content": "x", "id": Uuid::from_u128(7)}), "id"),
        (&messages, json!({"content": "x", "reply_to": 7}), "reply_to"),
    ];
    for (path, body, field) in posts {
        let problem = rest.post(path, body.clone()).await.problem(400, "invalid_field");
        assert_eq!(problem["field"], field, "{body:.100}: {problem}");
    }
    for (path, field) in [
        (format!("{messages}?limit=0"), "limit"),
        (format!("{messages}?limit=many"), "limit"),
        (format!("{messages}?colour=red"), "colour"),
        (format!("{messages}?at_least=yesterday"), "at_least"),
        (format!("{messages}?at_least=messages:0:99999999999"), "at_least"),
        (format!("{messages}?at_least=messages:99999:0"), "at_least"),
        (format!("{messages}?at_least=rejections:0:0"), "at_least"),
        ("threads/?cursor=nonsense".to_owned(), "cursor"),
        (format!("threads/{thread}/events/?after_seq=-1"), "after_seq"),
    ] {
        let problem = rest.get(&path).await;
        assert_eq!(problem.body["field"], field, "{path}: {problem:?}");
        assert!((400..500).contains(&problem.status), "{path}: {problem:?}");
    }

    let raw = async |content_type: &str, body: &[u8]| rest.send_raw(Method::POST, &messages, content_type, body).await;
    assert_eq!(raw("text/plain", b"hello").await.body["code"], "unsupported_media_type");
    for body in [&b"{\"content\": "[..], b"[]", b"{\"content\": \"\xff\xfe\"}"] {
        let problem = raw("application/json", body).await;
        assert_eq!(problem.body["code"], "invalid_field", "{problem:?}");
    }
    raw("application/json", &vec![b'x'; 1024 * 1024]).await.problem(413, "too_large");

    let other = Uuid::now_v7();
    rest.get(&format!("threads/{other}/")).await.problem(404, "unknown_thread");
    rest.get(&format!("messages/{other}/")).await.problem(404, "unknown_message");
    rest.get("nowhere/").await.problem(404, "not_found");
    rest.send_raw(Method::PATCH, "threads/", "application/json", b"{}").await.problem(405, "method_not_allowed");
    rest.with_token("not.a.token").get("threads/").await.problem(401, "unauthenticated");
    rest.post(&messages, json!({"content": "after all that"})).await.is(201);
}

pub(super) async fn wrong_frames_name_the_field(cluster: &Cluster) {
    let ann = "ann.frames";
    let made = cluster.rest(0, ann).post("threads/", json!({"kind": "group", "participants": []})).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id");
    let (mut socket, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let id = Uuid::now_v7();
    let message = |field: &str, value: Value| {
        let mut message = json!({"id": id, "kind": "text", "content": "x"});
        message[field] = value;
        json!({"type": "send", "thread": thread, "message": message})
    };
    for (frame, field) in [
        (message("content", json!(7)), "message.content"),
        (message("content", json!("")), "message.content"),
        (message("content", json!("x".repeat(TOO_MANY_CHARS))), "message.content"),
        (message("id", json!("seven")), "message.id"),
        (message("kind", json!("system")), "message.kind"),
        (message("metadata", json!([])), "message.metadata"),
        (message("colour", json!("red")), "message.colour"),
        (json!({"type": "send", "thread": thread}), "message"),
        (json!({"type": "send", "thread": "T", "message": {}}), "thread"),
        (json!({"type": "read", "thread": thread, "number": -1}), "number"),
        (json!({"type": "read", "thread": thread, "number": "all"}), "number"),
        (json!({"type": "typing", "thread": thread, "status": "maybe"}), "status"),
        (json!({"type": "ping", "extra": true}), "extra"),
    ] {
        let error = socket.refused(frame.clone()).await;
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("invalid_field"), &json!(field)),
            "{frame:.200}: {error}"
        );
        assert_eq!(error["retryable"], false);
    }
    // JSON that a client's own library makes, and that no text or number of ours can hold.
    for (at, (value, field)) in [
        (r#""content":"Great \ud83d""#, "message.content"),
        (r#""content":"x","metadata":{"note":"\ude00"}"#, "message.metadata"),
        (r#""content":"x","metadata":{"amount":1e400}"#, "message.metadata"),
        (&format!(r#""content":"x","metadata":{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200)), "message.metadata"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = json!(format!("odd {at}"));
        socket
            .text(&format!(
                r#"{{"id":{id},"type":"send","thread":"{thread}","message":{{"id":"{}",{value}}}}}"#,
                Uuid::now_v7()
            ))
            .await;
        let error = socket.answer(&id).await;
        assert_eq!(
            (&error["type"], &error["error"]["field"]),
            (&json!("error"), &json!(field)),
            "{value:.200}: {error}"
        );
    }
    assert_eq!(socket.refused(json!({"type": "dance"})).await["code"], "unknown_type");
    let stray =
        json!({"type": "send", "thread": Uuid::now_v7(), "message": {"id": id, "kind": "text", "content": "x"}});
    assert_eq!(socket.refused(stray).await["code"], "not_a_member");
    assert_eq!(socket.say(thread, "the socket is still open").await["number"], 1);
}

pub(super) async fn protocol_errors_close_with_their_code(cluster: &Cluster) {
    let edge = cluster.edge(0);
    let (mut socket, _) = Socket::hello(edge, "ann.close", None).await;
    socket.text("not json").await;
    assert_eq!(socket.closed().await, 4500);

    let (mut socket, _) = Socket::hello(edge, "ann.close", None).await;
    socket.binary(vec![1, 2, 3]).await;
    assert_eq!(socket.closed().await, 4500);

    let mut socket = Socket::connect(edge).await.expect("the edge accepts a connection");
    socket.send(json!({"id": 1, "type": "hello", "token": "not.a.token"})).await;
    assert_eq!(socket.closed().await, 4501);

    let mut socket = Socket::connect(edge).await.expect("the edge accepts a connection");
    assert_eq!(socket.closed().await, 4502, "no hello");

    let (mut socket, welcome) = Socket::hello(edge, "ann.close", Some("not-a-cursor")).await;
    assert_eq!(welcome["recovered"], false, "{welcome}");
    let resync = socket.frame_of("resync").await;
    assert!(resync["threads"].is_array() && resync["reason"].is_string(), "{resync}");
}
