//! An edge that starts where the projection stands still in front of a record of a newer program.

use std::sync::Arc;

use threadline_domain::Topic;
use threadline_eventlog::{EventLog, Headers, NewRecord, header, partition_of};
use threadline_tests::edges::Edges;
use threadline_tests::socket::{PATIENCE, Socket};
use threadline_tests::wait::until;

use super::send;

/// Of the partition that stands still, more than a hub reads when it starts.
const MANY: usize = 20_100;

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_stands_still_stops_no_other() {
    start_behind(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_stands_still_far_behind_stops_no_other() {
    start_behind(MANY).await;
}

/// Starts an edge before so many records that only a newer program can read.
async fn start_behind(records: usize) {
    let mut edges = Edges::start(1).await;
    let partitions = edges.log.partitions(Topic::Messages);
    let partition = |thread: &str| partition_of(thread.as_bytes(), partitions);
    let stands_still = edges.group("ann", &["ben"]).await;
    let goes_on = loop {
        let thread = edges.group("ann", &["ben"]).await;
        if partition(&thread) != partition(&stands_still) {
            break thread;
        }
    };
    let place = format!("messages:{}:", partition(&stands_still));
    for _ in 0..records {
        edges.log.append_to(Topic::Messages, partition(&stands_still), newer()).await.unwrap();
    }
    let said = until_stopped(&edges, 0).await;
    assert!(said.contains(&place), "{said}");

    let edge = edges.add_unready(Arc::new(edges.log.process())).await;
    assert_eq!(until_stopped(&edges, edge).await, said, "it stops at the same record");
    let (mut eve, _) = Socket::hello(edges.url(edge), "eve", None).await;
    eve.sync().await;
    let (mut ann, _) = Socket::hello(edges.url(edge), "ann", None).await;
    let (mut ben, welcome) = Socket::hello(edges.url(edge), "ben", None).await;
    let ok = ann.request(send(&goes_on, "beside")).await;
    assert_eq!(ok["type"], "ok", "{ok}");
    let event = ben.event_of(&goes_on, "message_posted").await;
    assert_eq!(event["event"]["message"]["content"], "beside");
    let (_, cursor) = ben.sync().await;
    edges.rest(edge, "ben").get(&format!("threads/{stands_still}/")).await.ok();

    // Whoever resumes goes on likewise, at the position before the event and after it.
    for (cursor, missed) in [(welcome["cursor"].as_str().unwrap(), 1), (&cursor, 0)] {
        let (mut again, welcome) = Socket::hello(edges.url(edge), "ben", Some(cursor)).await;
        assert_eq!(welcome["recovered"], true);
        let (before, _) = again.sync().await;
        assert_eq!(super::seqs(&before, &goes_on).len(), missed);
    }
}

/// Waits until an edge says that a partition stands still; returns what it says.
async fn until_stopped(edges: &Edges, edge: usize) -> String {
    let mut said = String::new();
    until("the edge says what stands still", PATIENCE, async || {
        let answer = reqwest::get(format!("{}/readyz", edges.url(edge))).await.expect("the edge answers");
        let status = answer.status();
        let body: serde_json::Value = answer.json().await.expect("JSON");
        body["checks"]["hub"].as_str().expect("a text").clone_into(&mut said);
        status == 503 && said.contains("stopped at")
    })
    .await;
    said
}

/// A record that only a newer program can read.
fn newer() -> NewRecord {
    NewRecord {
        key: "key".into(),
        value: Some(b"\0\0\0\x7f\xffwhat only a newer program can read".as_slice().into()),
        // Above the cause of every event before it: with a lower one it would be a duplicate, and nobody would stop there.
        headers: Headers::new().with(header::CAUSE, "1000000"),
    }
}
