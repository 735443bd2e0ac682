//! How presence goes from edge to edge: what a start costs, and how many are remembered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use threadline_domain::{ThreadId, Topic, UserId};
use threadline_edge::EdgeConfig;
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::{EventLog, Headers, NewRecord};
use threadline_tests::edges::Edges;
use threadline_tests::log::records;
use threadline_tests::socket::{PATIENCE, Socket};
use threadline_tests::wait::until;
use threadline_wire::avro::{decode_signal, encode_signal};
use threadline_wire::{PresenceStatus, Signal};
use uuid::Uuid;

use super::signals::presence_of;

/// Edges that say often that they live, and are not missed during a test.
fn lively(config: &mut EdgeConfig) {
    config.signals.alive = Duration::from_millis(100);
    config.signals.edge_silent = Duration::from_mins(10);
}

/// What the topic `signals` holds.
#[derive(Default)]
struct Said {
    /// Signals of how present a user is, by user.
    presence: BTreeMap<String, usize>,
    /// Signals that an edge lives, by edge.
    alive: BTreeMap<String, usize>,
    /// Signals that an edge has started.
    starts: usize,
}

impl Said {
    async fn so_far(log: &MemoryLog) -> Self {
        let mut said = Self::default();
        for record in records(log, Topic::Signals).await {
            match decode_signal(record.value.as_deref().expect("a value")).expect("a signal") {
                Signal::Presence { user, .. } => *said.presence.entry(user.as_str().to_owned()).or_default() += 1,
                Signal::EdgeAlive { edge, started } => {
                    *said.alive.entry(edge).or_default() += 1;
                    said.starts += usize::from(started);
                }
                Signal::Typing { .. } => {}
            }
        }
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_of_an_edge_has_one_edge_repeat_everybody_once() {
    let mut edges = Edges::start_with(3, lively).await;
    edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(1), "ben", None).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
    assert_eq!(presence_of(&mut ben, "ann").await, "active");
    let before = Said::so_far(&edges.log).await;
    assert_eq!(before.presence, [("ann".to_owned(), 1), ("ben".to_owned(), 1)].into());
    edges.add().await;
    until("the start is said", PATIENCE, async || Said::so_far(&edges.log).await.starts == 4).await;
    let started = Said::so_far(&edges.log).await;
    // An edge repeats after it has said the next time that it lives.
    until("every edge has had its turn twice", PATIENCE, async || {
        let now = Said::so_far(&edges.log).await;
        before.alive.keys().all(|edge| now.alive[edge] >= started.alive[edge] + 3)
    })
    .await;
    let after = Said::so_far(&edges.log).await;
    assert_eq!(after.presence, [("ann".to_owned(), 2), ("ben".to_owned(), 2)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_present_is_remembered_beyond_half_a_million_pairs() {
    const THREADS: u128 = 64;
    const USERS: u128 = 8_200;
    let edges = Edges::start_with(1, lively).await;
    edges.group("ann", &["ben"]).await;
    let threads: Vec<_> = (1..=THREADS).map(|number| ThreadId(Uuid::from_u128(number))).collect();
    for number in 0..USERS {
        let user = UserId::new(&format!("crowd-{number}")).expect("a user id");
        let (key, status) = (user.as_str().to_owned(), PresenceStatus::Active);
        let signal = Signal::Presence { edge: "elsewhere".into(), user, status, threads: threads.clone() };
        let value = encode_signal(&signal).value;
        let record = NewRecord { key: key.into(), value: Some(value), headers: Headers::new() };
        edges.log.append(Topic::Signals, record).await.expect("the log takes it");
    }
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "active");
    ben.request(json!({"type": "presence", "status": "away"})).await;
    assert_eq!(presence_of(&mut ann, "ben").await, "away");
}
