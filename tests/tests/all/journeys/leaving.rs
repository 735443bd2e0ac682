//! Processes asked to go (SIGTERM), as in any rolling update: nobody misses anything.

use serde_json::json;
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::socket::Socket;

/// An edge that goes away says so with this close code.
const DRAIN: u16 = 1012;

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_asked_to_go_sends_its_people_to_the_other() {
    let mut cluster = Cluster::start("leaving-edge", Layout::Roles, Backend::postgres().await).await;
    let (ann, bob) = ("ann", "bob");
    let thread = cluster.rest(0, ann).post("threads/", json!({"kind": "dm", "participants": [bob]})).await.is(201);
    let thread = thread["id"].as_str().expect("a thread has an id").to_owned();
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    let (_, cursor) = a.sync().await;

    cluster.process("edge-0").terminate();
    let told = a.frame_of("drain").await;
    assert!(told["reconnect_within_ms"].is_u64(), "{told}");
    assert_eq!(a.closed().await, DRAIN);
    let missed = b.say(&thread, "while ann is between two edges").await;
    assert!(cluster.process("edge-0").exited().await.success(), "it ends well");

    let (mut a, welcome) = Socket::hello(cluster.edge(1), ann, Some(&cursor)).await;
    assert_eq!(welcome["recovered"], true, "{welcome}");
    assert_eq!(a.event(&thread).await["seq"], missed["seq"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decider_that_is_asked_to_go_hands_its_partitions_over() {
    let mut cluster = Cluster::start("leaving-decider", Layout::Roles, Backend::postgres().await).await;
    let thread = cluster.rest(0, "ann").post("threads/", json!({"kind": "group", "participants": []})).await.is(201);
    let thread = thread["id"].as_str().expect("a thread has an id").to_owned();
    let (mut a, _) = Socket::hello(cluster.edge(0), "ann", None).await;
    for (round, leaving) in (1..).zip(["decider-0", "decider-1"]) {
        cluster.process(leaving).terminate();
        assert!(cluster.process(leaving).exited().await.success(), "{leaving} ends well");
        assert_eq!(a.say(&thread, "still here").await["number"], round);
        cluster.revive(leaving).await;
    }
}
