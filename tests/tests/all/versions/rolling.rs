//! One role after the other becomes the newer version under load, and the older one again.

use threadline_tests::cluster::{Backend, Cluster, Layout, Program, shared_brokers};

use super::newer::{Newer, judge_log, person};
use crate::faults::town::Town;

const PROCESSES: [&str; 6] = ["decider-0", "projector-0", "edge-0", "decider-1", "projector-1", "edge-1"];
/// The first newer edge goes last: it is asked until then.
const BACK: [&str; 6] = ["edge-1", "projector-1", "decider-1", "projector-0", "decider-0", "edge-0"];

#[tokio::test(flavor = "multi_thread")]
async fn a_system_rolls_forward_and_back_on_postgres() {
    Program::Newer.prepare();
    forward_and_back("rolling-postgres", Backend::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_rolls_forward_and_back_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    Program::Newer.prepare();
    forward_and_back("rolling-kafka", Backend::kafka(&brokers).await).await;
}

async fn forward_and_back(test: &str, backend: Backend) {
    let mut cluster = Cluster::start(test, Layout::Roles, backend).await;
    let mut newer = Newer::place(&cluster).await;
    let town = Town::settle(&cluster, rand::random()).await;

    newer.post(&cluster, 0, 0, uuid::Uuid::now_v7()).await.problem(400, "invalid_field");
    for name in PROCESSES {
        cluster.replace(name, Program::Newer).await;
        if name == "edge-0" {
            newer.is_refused(&cluster, 0).await;
        }
    }
    // The last older role has left; nobody need be told.
    for edge in [0, 1] {
        newer.say_everywhere(&cluster, edge).await;
    }
    newer.judge(&cluster, 1).await;

    for name in BACK {
        cluster.replace(name, Program::Current).await;
        if name != "edge-0" {
            // From the first older role's start on: not one such record comes any more that it would have to read.
            newer.is_refused(&cluster, 0).await;
        }
    }
    all_are_ready(&cluster).await;
    for partition in newer.partitions() {
        // What an older edge cannot read it does not leave out.
        let person = person(&cluster, 0);
        for page in ["events/", "messages/"] {
            let problem = person.get(&format!("{}{page}", newer.thread(partition))).await.problem(503, "unsupported");
            assert_eq!(problem["retryable"], true);
        }
        // Its deciders know what came before: numbers go on.
        newer.post_text(&cluster, 1, partition, uuid::Uuid::now_v7()).await.is(201);
    }

    cluster.replace("edge-0", Program::Newer).await;
    newer.judge(&cluster, 0).await;
    println!("{test}: {} messages of the newer kind", newer.count());
    town.judge(&cluster).await;
    judge_log(newer.log()).await;
}

async fn all_are_ready(cluster: &Cluster) {
    for name in PROCESSES {
        let readiness = cluster.readiness(name).await.expect("it answers");
        assert!(readiness.is_ready, "{name}: {readiness:?}");
    }
}
