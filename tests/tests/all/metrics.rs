//! What every role shows on `/metrics`, under traffic, is what the tables say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use threadline::telemetry;
use threadline_metrics::{Kind, Metric};
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::socket::Socket;
use threadline_tests::wait::until;

/// Users whose ids no label may hold.
const ANN: &str = "ann-of-the-metrics";
const BOB: &str = "bob-of-the-metrics";

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_in_a_table_and_no_label_names_anybody() {
    let cluster = Cluster::start("metrics", Layout::Roles, Backend::postgres().await).await;
    let thread = chat(&cluster).await;
    let mut shown = BTreeSet::new();
    until("every role has measured its part", Duration::from_secs(30), async || {
        shown = cluster.figures().await.iter().flat_map(|(name, text)| check(name, text, &thread)).collect();
        ["edge_http_requests_total", "edge_hub_lag_seconds", "decider_events_total", "projector_batch_seconds"]
            .into_iter()
            .chain(["eventlog_append_batch_records", "sealing_key_fetches_total", "decider_owned_partitions"])
            .all(|name| shown.contains(format!("threadline_{name}").as_str()))
    })
    .await;
}

/// Two people write to each other and type, by HTTP and on sockets; returns their thread.
async fn chat(cluster: &Cluster) -> String {
    let made = cluster.rest(0, ANN).post("threads/", json!({"kind": "dm", "participants": [BOB]})).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id").to_owned();
    let (mut ann, _) = Socket::hello(cluster.edge(0), ANN, None).await;
    let (mut bob, _) = Socket::hello(cluster.edge(1), BOB, None).await;
    ann.say(&thread, "Hello Bob").await;
    bob.event_of(&thread, "message_posted").await;
    bob.request(json!({"type": "read", "thread": thread, "number": 1})).await;
    ann.send(json!({"type": "typing", "thread": thread, "status": "start"})).await;
    let refused = cluster.rest(0, "nobody-of-the-metrics").get(&format!("threads/{thread}/")).await;
    assert_eq!(refused.status, 404);
    thread
}

/// Holds one process's figures against the tables; returns the metrics that it shows.
fn check(process: &str, text: &str, thread: &str) -> BTreeSet<&'static str> {
    let tables: BTreeMap<&str, &Metric> = telemetry::metrics().map(|metric| (metric.name, metric)).collect();
    let helped: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()).collect();
    let mut shown = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        let metric = tables.get(name).or_else(|| tables.get(base).filter(|metric| metric.kind == Kind::Histogram));
        let metric = metric.unwrap_or_else(|| panic!("{process} shows {name}, which no table has"));
        assert!(helped.contains(metric.name), "{process} shows {name} without help");
        for label in labels(line).filter(|label| *label != "le") {
            assert!(metric.labels.contains(&label), "{process} shows {name} by {label}");
        }
        for secret in [ANN, BOB, "nobody-of-the-metrics", thread] {
            assert!(!line.contains(secret), "{process} names somebody or some thread: {line}");
        }
        shown.insert(metric.name);
    }
    shown
}

/// The names of a line's labels.
fn labels(line: &str) -> impl Iterator<Item = &str> {
    let inside = line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}')).map_or("", |(inside, _)| inside);
    inside.split("\",").filter_map(|pair| Some(pair.split_once("=\"")?.0))
}
