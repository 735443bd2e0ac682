//! The views are thrown away and rebuilt from the log, identical row for row.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use threadline::config::Config;
use threadline::storage::Storage;
use threadline_eventlog::{Offset, Partition, Topic};
use threadline_projections::Progress;
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::corpus::Corpus;
use threadline_tests::projections::Projections;
use threadline_tests::socket::Socket;
use threadline_tests::wait::until;

/// The topics that the views follow.
const FOLLOWED: [Topic; 3] = [Topic::Messages, Topic::Reads, Topic::Users];
/// How long a projector may need for the whole log.
const CAUGHT_UP_WITHIN: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn dropped_views_come_back_identical_on_postgres() {
    rebuild("rebuild-postgres", Backend::postgres().await, &Corpus::at_hand()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_views_come_back_identical_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    rebuild("rebuild-kafka", Backend::kafka(&brokers).await, &Corpus::sample()).await;
}

async fn rebuild(test: &str, backend: Backend, corpus: &Corpus) {
    let mut cluster = Cluster::start(test, Layout::Roles, backend).await;
    cluster.run(&["import", corpus.path.to_str().expect("a path in UTF-8"), "--json"]);
    everything_happens(&cluster).await;
    let config = Config::read([], cluster.backend.environment(), None).expect("what the processes are told is sound");
    let storage = Storage::open(&config).await.expect("the log and the views open");
    let projections = Projections::at(cluster.backend.database_url());
    caught_up(&storage).await;
    for projector in ["projector-0", "projector-1"] {
        cluster.process(projector).terminate();
        assert!(cluster.process(projector).exited().await.success(), "{projector} ends well");
    }
    let before = projections.checksums().await;

    projections.drop_all().await;
    cluster.run(&["migrate"]);
    let start = Instant::now();
    for projector in ["projector-0", "projector-1"] {
        cluster.revive(projector).await;
    }
    caught_up(&storage).await;
    let seconds = start.elapsed().as_secs_f64();
    let events: u64 = ends(&storage, Topic::Messages).await.values().sum();
    println!(
        "{test}: {events} events in {seconds:.1} s, {:.0}/s, start of the processes included",
        events as f64 / seconds
    );
    assert_eq!(projections.checksums().await, before);
    assert!(events > corpus.messages);
}

/// One of everything that views can hold.
async fn everything_happens(cluster: &Cluster) {
    let (ann, bob) = ("ann", "bob");
    let rest = cluster.rest(0, ann);
    let made =
        rest.post("threads/", json!({"kind": "group", "title": "One", "participants": [bob, "cid"]})).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id");
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let mut messages = Vec::new();
    for n in 1..=20 {
        messages.push(a.say(thread, &format!("message {n}")).await["message"].clone());
    }
    for frame in [
        json!({"type": "edit", "thread": thread, "message": messages[3], "content": "edited"}),
        json!({"type": "delete", "thread": thread, "message": messages[15]}),
        json!({"type": "read", "thread": thread, "number": 18}),
    ] {
        let answer = a.request(frame).await;
        assert_eq!(answer["type"], "ok", "{answer}");
    }
    let path = format!("threads/{thread}/");
    cluster.rest(1, bob).post(&format!("{path}mark-read/"), json!({"number": 7})).await.ok();
    rest.put(&path, json!({"title": "Two", "metadata": {"deep": {"er": [1, 2]}}})).await.ok();
    rest.post(&format!("{path}members/"), json!({"user": "dora"})).await.ok();
    rest.put(&format!("{path}members/dora/"), json!({"role": "admin"})).await.ok();
    rest.delete(&format!("{path}members/cid/")).await.ok();
    rest.delete(&path).await.ok();
}

/// Waits until the views have all that the log has.
pub(crate) async fn caught_up(storage: &Storage) {
    for topic in FOLLOWED {
        let ends = ends(storage, topic).await;
        until("the views have the whole log", CAUGHT_UP_WITHIN, async || {
            let conversations = storage.conversations.progress(topic).await.unwrap_or_default();
            let states = storage.states.progress(topic).await.unwrap_or_default();
            let has = |progress: &BTreeMap<Partition, Progress>| {
                ends.iter().all(|(partition, end)| progress.get(partition).map_or(0, |one| one.next) >= *end)
            };
            has(&conversations) && (topic != Topic::Messages || has(&states))
        })
        .await;
    }
}

async fn ends(storage: &Storage, topic: Topic) -> BTreeMap<Partition, Offset> {
    storage.log.ends(topic).await.all().expect("the log answers")
}
