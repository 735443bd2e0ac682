//! Frames that are no message: pings and fragments cost their sender too.

use std::time::Duration;

use serde_json::json;
use threadline_tests::edges::Edges;
use threadline_tests::socket::PATIENCE;
use threadline_tests::token::token;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
const FIRST_FRAGMENT: [u8; 7] = [0x01, 0x81, 0, 0, 0, 0, b'{'];
const EMPTY_FRAGMENT: [u8; 6] = [0x00, 0x80, 0, 0, 0, 0];
/// Frames in one write of a flood.
const AT_ONCE: usize = 1_000;

/// A connection on which a test writes bytes.
struct Raw {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
}

/// A frame of the edge.
struct Frame {
    first: u8,
    payload: Vec<u8>,
}

impl Raw {
    async fn upgrade(base: &str) -> Self {
        let (read, write) = super::closing::upgraded(base).await.into_split();
        Self { read, write }
    }

    /// Upgrades and says hello.
    async fn hello(base: &str, user: &str) -> Self {
        let mut raw = Self::upgrade(base).await;
        let hello = json!({"type": "hello", "token": token(user)}).to_string();
        raw.write.write_all(&masked(0x81, hello.as_bytes())).await.unwrap();
        assert_eq!(raw.frame().await.json()["type"], "welcome");
        raw
    }

    async fn frame(&mut self) -> Frame {
        tokio::time::timeout(PATIENCE, read_frame(&mut self.read)).await.expect("a frame within the test's patience")
    }

    /// The next text; answers to pings before it are dropped.
    async fn text(&mut self) -> serde_json::Value {
        loop {
            let frame = self.frame().await;
            match frame.first {
                0x8a => {}
                0x81 => return frame.json(),
                other => panic!("a frame that begins with {other:#x}"),
            }
        }
    }

    /// Writes these bytes over and over until the edge closes; returns the code.
    async fn close_code_of_flood(self, bytes: &[u8]) -> u16 {
        let Self { mut read, mut write } = self;
        let bytes = bytes.repeat(AT_ONCE);
        let flood = async { while write.write_all(&bytes).await.is_ok() {} };
        let closed = async {
            loop {
                let frame = read_frame(&mut read).await;
                if frame.first == 0x88 {
                    return u16::from_be_bytes([frame.payload[0], frame.payload[1]]);
                }
            }
        };
        tokio::select! {
            code = tokio::time::timeout(PATIENCE, closed) => code.expect("the edge closes"),
            () = flood => panic!("the edge resets the connection"),
        }
    }
}

impl Frame {
    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.payload).expect("a text frame holds JSON")
    }
}

async fn read_frame(read: &mut OwnedReadHalf) -> Frame {
    let first = read.read_u8().await.unwrap();
    let length = match read.read_u8().await.unwrap() {
        126 => read.read_u16().await.unwrap().into(),
        127 => read.read_u64().await.unwrap(),
        short => short.into(),
    };
    let mut payload = vec![0; length as usize];
    read.read_exact(&mut payload).await.unwrap();
    Frame { first, payload }
}

/// A frame of a client; its mask changes nothing.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[first, 0x80 | 0x7e], &length[..], &[0; 4], payload].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_pings_closes_the_session() {
    let edges = Edges::start(1).await;
    assert_eq!(Raw::hello(edges.url(0), "ann").await.close_code_of_flood(&PING).await, 4004);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_empty_fragments_closes_the_session() {
    let edges = Edges::start(1).await;
    let mut eve = Raw::hello(edges.url(0), "eve").await;
    eve.write.write_all(&FIRST_FRAGMENT).await.unwrap();
    assert_eq!(eve.close_code_of_flood(&EMPTY_FRAGMENT).await, 4004);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_before_the_hello_closes_the_connection() {
    let edges = Edges::start_with(1, |config| config.sessions.hello = Duration::from_mins(1)).await;
    assert_eq!(Raw::upgrade(edges.url(0)).await.close_code_of_flood(&PING).await, 4004);
    let mut eve = Raw::upgrade(edges.url(0)).await;
    eve.write.write_all(&FIRST_FRAGMENT).await.unwrap();
    assert_eq!(eve.close_code_of_flood(&EMPTY_FRAGMENT).await, 4004);
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_and_fragments_cost_as_much_as_the_cheapest_message() {
    // What these few seconds give back is less than one token.
    let edges = Edges::start_with(1, |config| {
        (config.rate.per_second, config.rate.burst) = (1, 200);
    })
    .await;
    let mut ann = Raw::hello(edges.url(0), "ann").await;
    let message = format!("{:<100}", json!({"id": 1, "type": "ping"}).to_string());
    let (last, front) = message.as_bytes().split_last().unwrap();
    let mut fragments = masked(0x01, &front[..1]);
    for byte in &front[1..] {
        fragments.extend([&masked(0x00, &[*byte])[..], &PING].concat());
    }
    fragments.extend(masked(0x80, &[*last]));
    // The hello, 99 fragments with 98 pings between them, and the message: 199 of 200 tokens.
    ann.write.write_all(&fragments).await.unwrap();
    let answer = ann.text().await;
    assert_eq!((&answer["type"], &answer["id"]), (&json!("pong"), &json!(1)), "{answer}");

    let mut bytes = PING.repeat(50);
    for id in [2, 3] {
        bytes.extend(masked(0x81, json!({"id": id, "type": "ping"}).to_string().as_bytes()));
    }
    ann.write.write_all(&bytes).await.unwrap();
    // One token may have come back in between.
    let answers = [ann.text().await, ann.text().await];
    assert_eq!((&answers[1]["id"], &answers[1]["error"]["code"]), (&json!(3), &json!("rate_limited")), "{answers:?}");
}
