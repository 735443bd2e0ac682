//! Read marks: the greatest counts, in the log too.

use serde_json::{Value, json};
use threadline_domain::{ReadMark, ThreadId, Timestamp, Topic, UserId};
use threadline_eventlog::{EventLog, Start, codec};
use threadline_tests::edges::Edges;
use threadline_tests::socket::{PATIENCE, Socket};
use threadline_tests::wait::until;

async fn read(socket: &mut Socket, thread: &str, number: u64) -> Value {
    let mut answer = socket.request(json!({"type": "read", "thread": thread, "number": number})).await;
    assert_eq!(answer["type"], "ok", "{answer}");
    answer["result"]["position"].take()
}

/// The numbers of the first `count` marks in the log.
async fn marks(edges: &Edges, count: usize) -> Vec<u64> {
    let partitions = 0..edges.log.partitions(Topic::Reads);
    let mut tail = edges.log.tail(Topic::Reads, partitions.map(|partition| (partition, Start::At(0))).collect());
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let batch = tokio::time::timeout(PATIENCE, tail.next()).await.expect("so many marks").expect("a tail goes on");
        numbers.extend(batch.records.iter().map(|record| codec::read_read_mark(record).unwrap().number));
    }
    numbers
}

async fn thread_with(edges: &Edges, messages: usize) -> (String, Socket) {
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    for _ in 0..messages {
        ann.say(&thread, "read this").await;
    }
    (thread, ann)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_changes_nothing_is_answered_and_not_written() {
    let mut edges = Edges::start(1).await;
    let (thread, mut ann) = thread_with(&edges, 3).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    let position = read(&mut ben, &thread, 2).await;
    assert_eq!(ann.frame_of("read").await["number"], 2);
    assert_eq!((read(&mut ben, &thread, 1).await, read(&mut ben, &thread, 2).await), (position.clone(), position));
    let (id, user) = (ThreadId(thread.parse().unwrap()), UserId::new("ben").unwrap());
    until("the views have it", PATIENCE, async || {
        edges.views().read_state(&user, id).await.unwrap().is_some_and(|place| place.number == 2)
    })
    .await;
    // An edge that has seen no mark yet, and HTTP, know it from the views.
    let fresh = edges.add().await;
    let (mut ben, _) = Socket::hello(edges.url(fresh), "ben", None).await;
    read(&mut ben, &thread, 1).await;
    let rest = edges.rest(0, "ben");
    let marked = rest.post(&format!("threads/{thread}/mark-read/"), json!({"number": 1})).await.is(200);
    assert!(marked["position"].as_str().unwrap().starts_with("messages:"), "{marked}");
    read(&mut ben, &thread, 3).await;
    assert_eq!(marks(&edges, 2).await, [2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_lesser_mark_the_greatest_is_written_again() {
    let edges = Edges::start(1).await;
    let (thread, mut ann) = thread_with(&edges, 3).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    read(&mut ben, &thread, 2).await;
    assert_eq!(ann.frame_of("read").await["user"], "ben");
    let (id, user) = (ThreadId(thread.parse().unwrap()), UserId::new("ben").unwrap());
    let lesser = ReadMark { thread: id, user, number: 1, at: Timestamp(0) };
    edges.log.append(Topic::Reads, codec::read_mark_record(&lesser)).await.unwrap();
    let numbers = marks(&edges, 3).await;
    assert_eq!(numbers.iter().filter(|&&number| number == 2).count(), 2, "{numbers:?}");
    let frames = ann.sync().await.0;
    assert!(frames.iter().all(|frame| frame["type"] != "read"), "nobody is told: {frames:?}");
}

/// Marks over HTTP pass no socket, and nobody of the thread need be here.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_lesser_mark_the_greatest_is_written_again_though_nobody_is_connected() {
    let edges = Edges::start(1).await;
    let (thread, ann) = thread_with(&edges, 3).await;
    ann.cut();
    let (id, user) = (ThreadId(thread.parse().unwrap()), UserId::new("ben").unwrap());
    for (number, at) in [(2, 2), (1, 1)] {
        let mark = ReadMark { thread: id, user: user.clone(), number, at: Timestamp(at) };
        edges.log.append(Topic::Reads, codec::read_mark_record(&mark)).await.unwrap();
    }
    assert_eq!(marks(&edges, 3).await, [2, 1, 2]);
}
