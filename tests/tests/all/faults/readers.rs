//! Clients of the real process that ask for large pages and do not read them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::token::token;
use threadline_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Clients that do not read.
const STUCK: usize = 60;
/// Messages of the thread: as many as a page has, four bytes a character.
const MESSAGES: usize = 200;
const CHARACTERS: usize = 10_000;
/// What the process may grow by: without a bound it is 540 MB and more.
const GROWTH_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// How long a client that takes nothing is kept: the default of `edge.write_progress_ms`, and some more.
const CLOSED_WITHIN: Duration = Duration::from_mins(1);
/// How long anybody else may wait for a page meanwhile.
const SERVED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn sixty_clients_that_do_not_read_take_bounded_memory_and_are_closed() {
    let backend = Backend::postgres().await;
    let mut cluster = Cluster::start("readers", Layout::Dev, backend).await;
    let users: Vec<String> = (0..STUCK).map(|index| format!("reader-{index}")).collect();
    let made = cluster.rest(0, "ann").post("threads/", json!({"kind": "group", "participants": users})).await.is(201);
    let thread = made["id"].as_str().expect("an id").to_owned();
    let (messages, content) = (format!("threads/{thread}/messages/"), "😀".repeat(CHARACTERS));
    for user in users.iter().cycle().take(MESSAGES) {
        cluster.rest(0, user).post(&messages, json!({"content": content})).await.is(201);
    }
    let page = format!("{messages}?limit=200");
    until("the messages are there", Duration::from_secs(30), async || {
        cluster.rest(0, "ann").get(&page).await.ok()["messages"][0]["number"] == MESSAGES
    })
    .await;

    let process = cluster.process("dev").id();
    let before = resident_bytes(process);
    let edge = cluster.edge(0).to_owned();
    let stuck = join_all(users.iter().map(|user| ask_without_reading(&edge, user, &thread))).await;
    let (mut most, mut slowest) = (0, Duration::ZERO);
    for _ in 0..50 {
        let asked_at = Instant::now();
        cluster.rest(0, "ann").get(&page).await.ok();
        slowest = slowest.max(asked_at.elapsed());
        most = most.max(resident_bytes(process));
    }
    let closed_since = Instant::now();
    join_all(stuck.into_iter().map(read_to_the_end)).await;
    let growth = most.saturating_sub(before);
    println!(
        "{STUCK} clients that do not read: {} MB more at most, others' slowest page {slowest:.0?}, all closed after {:.0?}",
        growth / 1_000_000,
        closed_since.elapsed()
    );
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    assert!(slowest < SERVED_WITHIN, "{slowest:?}");
}

/// Asks for pages again and again, through a buffer that is soon full.
async fn ask_without_reading(edge: &str, user: &str, thread: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    socket.set_recv_buffer_size(4_096).expect("buffers can be small");
    let address = edge.trim_start_matches("http://").parse().expect("an address");
    let mut stream = socket.connect(address).await.expect("the edge accepts");
    let ask = format!(
        "GET /api/chat/threads/{thread}/messages?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        token(user)
    );
    stream.write_all(ask.repeat(4).as_bytes()).await.expect("the edge reads");
    stream
}

/// Waits without reading until the edge has had enough, then reads what is left.
async fn read_to_the_end(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let read = async {
        // An error or the end is what the kernel says of a connection that the other side has closed.
        while stream
            .ready(tokio::io::Interest::ERROR | tokio::io::Interest::READABLE)
            .await
            .is_ok_and(|ready| !ready.is_error() && !ready.is_read_closed())
        {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        stream.read_to_end(&mut rest).await
    };
    let _ = tokio::time::timeout(CLOSED_WITHIN, read).await.expect("the edge closes who does not read");
}

/// Bytes of memory that a process holds.
fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
}
