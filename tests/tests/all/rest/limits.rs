//! Clients that ask and do not read.

use std::time::Duration;

use serde_json::json;
use threadline_tests::token::token;
use threadline_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::App;

/// Far longer than anything here should take.
const PATIENCE: Duration = Duration::from_mins(1);
const KIB: usize = 1024;

/// A thread of this many bytes of messages, of which the first user is a member.
async fn long_thread(app: &App, users: &[&str], messages: usize) -> String {
    let thread = app.group(users).await;
    let content = "x".repeat(9_000);
    for _ in 0..messages {
        let sent = app.rest(users[0]).post(&format!("threads/{thread}/messages/"), json!({"content": content})).await;
        sent.is(201);
    }
    thread
}

/// Asks for the newest page again and again, without reading, through buffers that are soon full.
async fn ask_without_reading(app: &App, user: &str, thread: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    socket.set_recv_buffer_size(4_096).expect("buffers can be small");
    let address = app.url.strip_prefix("http://").expect("a URL").parse().expect("an address");
    let mut stream = socket.connect(address).await.expect("the edge accepts");
    let ask = format!(
        "GET /api/chat/threads/{thread}/messages?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        token(user)
    );
    stream.write_all(ask.repeat(4).as_bytes()).await.expect("the edge reads");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_bounded_and_closed_and_others_are_served() {
    let app = App::start_with(|config| {
        config.http.send_buffer_bytes = 16 * KIB as u32;
        config.http.page_bytes_max = 256 * KIB;
        config.http.answers_per_user_bytes_max = 1024 * KIB;
        config.http.answers_wait = Duration::from_millis(100);
        config.http.write_progress = Duration::from_secs(3);
        config.http.header_read = Duration::from_secs(10);
        (config.rate.per_second, config.rate.burst) = (100_000, 100_000);
    })
    .await;
    let thread = long_thread(&app, &["ann", "ben"], 40).await;
    let mut stuck = Vec::new();
    for _ in 0..60 {
        stuck.push(ask_without_reading(&app, "ann", &thread).await);
    }
    // Four pages of 256 KiB are the most that is made for her, however many connections she has.
    let page = format!("threads/{thread}/messages/?limit=200");
    // On a slow machine the first of them are closed before the last are made: she keeps coming.
    let refused = async || {
        stuck.push(ask_without_reading(&app, "ann", &thread).await);
        app.rest("ann").get(&page).await.status == 429
    };
    until("her room is full", PATIENCE, refused).await;
    for _ in 0..20 {
        let read = app.rest("ben").get(&page).await.ok();
        assert!(read["messages"].as_array().is_some_and(|messages| messages.len() > 20));
    }
    // What she did not take for a period is dropped with its connection.
    let (mut delivered, asked) = (0, stuck.len() * 4);
    for mut stream in stuck {
        let mut answers = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answers)).await;
        let _ = read.expect("the edge closes the connection");
        delivered += answers.len();
    }
    assert!(delivered < asked * 256 * KIB, "{delivered} bytes: she was read to the end");
    until("she is served again", PATIENCE, async || app.rest("ann").get(&page).await.status == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_of_all_is_bounded_and_comes_back() {
    let app = App::start_with(|config| {
        config.http.send_buffer_bytes = 16 * KIB as u32;
        config.http.page_bytes_max = 256 * KIB;
        config.http.answers_per_user_bytes_max = 256 * KIB;
        config.http.answers_bytes_max = 512 * KIB;
        config.http.answers_wait = Duration::from_millis(100);
        config.http.write_progress = Duration::from_secs(3);
        config.http.header_read = Duration::from_secs(10);
        (config.rate.per_second, config.rate.burst) = (100_000, 100_000);
    })
    .await;
    let thread = long_thread(&app, &["ann", "ben", "cleo"], 40).await;
    let page = format!("threads/{thread}/messages/?limit=200");
    // While a page of cleo's is made, it is theirs that may find no room; they ask again then.
    let mut stuck = Vec::new();
    let refused = async || {
        for user in ["ann", "ben"] {
            stuck.push(ask_without_reading(&app, user, &thread).await);
        }
        app.rest("cleo").get(&page).await.status == 503
    };
    until("the room is full", PATIENCE, refused).await;
    // What is small needs none.
    app.rest("cleo").post(&format!("threads/{thread}/messages/"), json!({"content": "x"})).await.is(201);
    until("there is room again", PATIENCE, async || app.rest("cleo").get(&page).await.status == 200).await;
}
