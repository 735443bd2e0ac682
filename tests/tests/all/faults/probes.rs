//! When each partition is served again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use threadline_tests::cluster::{Cluster, PARTITIONS};
use threadline_tests::rest::Rest;
use threadline_tests::wait::holds_within;
use uuid::Uuid;

/// Threads made in search of one for each partition.
const TRIES_MAX: usize = 200;
/// When a probe gives up: much later than any promise.
const PATIENCE: Duration = Duration::from_mins(1);
/// Whose threads they are.
pub(crate) const PROBER: &str = "prober";

/// A thread in every partition.
pub(crate) struct Probes {
    pub(crate) threads: BTreeMap<u32, String>,
}

impl Probes {
    /// Makes threads until every partition has one.
    pub(crate) async fn place(cluster: &Cluster) -> Self {
        let rest = cluster.rest(0, PROBER);
        let mut threads = BTreeMap::new();
        for _ in 0..TRIES_MAX {
            let made = rest.post("threads/", json!({"kind": "group", "participants": []})).await.is(201);
            threads.insert(partition(&made), made["id"].as_str().expect("a thread has an id").to_owned());
            if threads.len() == PARTITIONS as usize {
                return Self { threads };
            }
        }
        panic!("{TRIES_MAX} threads fall into {} of {PARTITIONS} partitions only", threads.len());
    }

    /// Posts into every partition until it is taken; for each, how long after `since` that was.
    pub(super) async fn served(&self, cluster: &Cluster, edge: &str, since: Instant) -> Vec<Duration> {
        let rest = Rest::new(&cluster.http, edge, PROBER);
        join_all(self.threads.iter().map(async |(partition, thread)| {
            let (path, body) =
                (format!("threads/{thread}/messages/"), json!({"id": Uuid::now_v7(), "content": "probe"}));
            let is_served = holds_within(PATIENCE, async || {
                let answer = rest.post(&path, body.clone()).await;
                assert!(answer.status < 300 || answer.body["retryable"] == true, "{answer:?}");
                answer.status < 300
            });
            assert!(is_served.await, "partition {partition} is not served");
            since.elapsed()
        }))
        .await
    }
}

/// The partition in a `position` such as `messages:3:1234`.
fn partition(written: &Value) -> u32 {
    let position = written["position"].as_str().expect("a write has a position");
    position.split(':').nth(1).and_then(|partition| partition.parse().ok()).expect("a position names its partition")
}

/// How long it took until all was well again, fault by fault.
#[derive(Default)]
pub(super) struct Recoveries(Vec<Duration>);

impl Recoveries {
    /// Notes a fault's last partition.
    pub(super) fn note(&mut self, served: &[Duration]) {
        self.0.extend(served.iter().max());
    }

    /// Prints the figures and holds the worst against the promise.
    pub(super) fn judge(mut self, what: &str, max: Duration) {
        self.0.sort();
        let (Some(median), Some(worst)) = (self.0.get(self.0.len() / 2), self.0.last()) else { return };
        let count = self.0.len();
        println!("{what}: every partition served again after {median:.2?} (median), {worst:.2?} (worst of {count})");
        assert!(*worst < max, "{what}: {worst:?} is longer than the promised {max:?}");
    }
}
