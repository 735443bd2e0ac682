//! The log's own server taken away under load, and brought back.

use std::time::{Duration, Instant};

use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};

use super::from_environment;
use super::probes::{Probes, Recoveries};
use super::town::Town;

/// Restarts, unless `THREADLINE_FAULTS_RESTARTS` says otherwise.
const RESTARTS: u64 = 2;
/// How long the server stays away.
const AWAY: Duration = Duration::from_secs(2);
/// Within this after its return every partition is served again.
const SERVED_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_postgres_restarts() {
    under_restarts("restarts-postgres", Backend::own_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_broker_is_killed_and_restarts() {
    if shared_brokers().is_some() {
        under_restarts("restarts-kafka", Backend::own_kafka().await).await;
    }
}

async fn under_restarts(test: &str, backend: Backend) {
    let seed = from_environment("THREADLINE_FAULTS_SEED", rand::random_range(0..1_000_000));
    let restarts = from_environment("THREADLINE_FAULTS_RESTARTS", RESTARTS);
    println!("{test}: THREADLINE_FAULTS_SEED={seed} THREADLINE_FAULTS_RESTARTS={restarts}");
    let mut cluster = Cluster::start(test, Layout::Roles, backend).await;
    let probes = Probes::place(&cluster).await;
    let town = Town::settle(&cluster, seed).await;
    let mut recoveries = Recoveries::default();
    for _ in 0..restarts {
        cluster.backend.log_down();
        // The fault itself lasts this long; people go on talking.
        tokio::time::sleep(AWAY).await;
        cluster.backend.log_up().await;
        recoveries.note(&probes.served(&cluster, cluster.edge(0), Instant::now()).await);
    }
    town.judge(&cluster).await;
    recoveries.judge(&format!("{test}: the log's server restarted"), SERVED_WITHIN);
}
