//! An older role that meets what it cannot read all the same: it stops there, says so, and a newer one goes on.

use threadline_domain::{Position, Topic};
use threadline_tests::cluster::{
    Backend, Cluster, Layout, NEWER_COMMAND_SCHEMA, NEWER_EVENT_SCHEMA, Program, shared_brokers,
};
use threadline_tests::wait::until;
use uuid::Uuid;

use super::newer::{Newer, PATIENCE, judge_log};
use crate::faults::town::Town;

#[tokio::test(flavor = "multi_thread")]
async fn an_older_role_stops_where_it_cannot_read_on_postgres() {
    Program::Newer.prepare();
    stops("stopping-postgres", Backend::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_role_stops_where_it_cannot_read_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    Program::Newer.prepare();
    stops("stopping-kafka", Backend::kafka(&brokers).await).await;
}

async fn stops(test: &str, backend: Backend) {
    let mut cluster = Cluster::start_as(Program::Newer, test, Layout::Roles, backend).await;
    let mut newer = Newer::place(&cluster).await;
    let town = Town::settle(&cluster, rand::random()).await;
    newer.say_everywhere(&cluster, 0).await;
    newer.judge(&cluster, 1).await;

    a_projector(&mut cluster, &mut newer).await;
    a_decider_before_events(&mut cluster, &mut newer).await;
    a_decider_before_commands(&mut cluster, &mut newer).await;
    an_edge(&mut cluster, &mut newer).await;

    newer.judge(&cluster, 0).await;
    println!("{test}: {} messages of the newer kind", newer.count());
    town.judge(&cluster).await;
    judge_log(newer.log()).await;
}

/// A projector of the older version, alone, after newer edges and deciders have written what it does not read.
async fn a_projector(cluster: &mut Cluster, newer: &mut Newer) {
    for name in ["projector-0", "projector-1"] {
        cluster.stop(name).await;
    }
    let unreadable = newer.say_everywhere(cluster, 1).await;
    start_as(cluster, "projector-0", Program::Current);
    until_stopped(cluster, "projector-0", &unreadable, NEWER_EVENT_SCHEMA).await;
    // Nothing new since it came; all else goes on.
    newer.is_refused(cluster, 0).await;
    for partition in newer.partitions() {
        newer.post_text(cluster, 0, partition, Uuid::now_v7()).await.is(201);
    }
    cluster.replace("projector-0", Program::Newer).await;
    cluster.revive("projector-1").await;
    newer.judge(cluster, 0).await;
}

/// A decider of the older version, alone, where the states lack events that it does not read.
async fn a_decider_before_events(cluster: &mut Cluster, newer: &mut Newer) {
    for name in ["projector-0", "projector-1"] {
        cluster.stop(name).await;
    }
    let unreadable = newer.say_everywhere(cluster, 0).await;
    for name in ["decider-0", "decider-1"] {
        cluster.stop(name).await;
    }
    start_as(cluster, "decider-0", Program::Current);
    until_stopped(cluster, "decider-0", &unreadable, NEWER_EVENT_SCHEMA).await;
    let (partition, message) = (unreadable[0].partition, Uuid::now_v7());
    let answer = newer.post_text(cluster, 1, partition, message).await;
    assert_eq!((answer.status, &answer.body["code"]), (504, &"timeout".into()), "no number is given: {answer:?}");

    cluster.replace("decider-0", Program::Newer).await;
    for name in ["decider-1", "projector-0", "projector-1"] {
        cluster.revive(name).await;
    }
    until("what waited is decided", PATIENCE, async || {
        newer.post_text(cluster, 1, partition, message).await.status < 300
    })
    .await;
    newer.judge(cluster, 1).await;
}

/// A decider of the older version that takes over a command which it does not read.
async fn a_decider_before_commands(cluster: &mut Cluster, newer: &mut Newer) {
    let (partition, message) = (3, Uuid::now_v7());
    // The edge has learnt that no older decider is left.
    newer.say_everywhere(cluster, 0).await;
    for name in ["decider-0", "decider-1"] {
        cluster.stop(name).await;
    }
    let before = newer.ends(Topic::MessagesCommands).await;
    let answer = newer.post(cluster, 0, partition, message).await;
    assert_eq!((answer.status, &answer.body["code"]), (504, &"timeout".into()), "nobody decides: {answer:?}");
    let unreadable = newer.newer_since(Topic::MessagesCommands, &before).await;
    assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    start_as(cluster, "decider-0", Program::Current);
    until_stopped(cluster, "decider-0", &unreadable, NEWER_COMMAND_SCHEMA).await;
    // Partitions without such a command are served.
    until("other partitions are served", PATIENCE, async || {
        newer.post_text(cluster, 0, partition + 1, Uuid::now_v7()).await.status < 300
    })
    .await;
    cluster.replace("decider-0", Program::Newer).await;
    cluster.revive("decider-1").await;
    newer.say_again(cluster, 0, partition, message).await;
}

/// An edge of the older version that stood still until it counted as gone.
async fn an_edge(cluster: &mut Cluster, newer: &mut Newer) {
    cluster.replace("edge-1", Program::Current).await;
    newer.is_refused(cluster, 0).await;
    cluster.leave_out("edge-1");
    cluster.process("edge-1").suspend();
    let unreadable = newer.say_everywhere(cluster, 0).await;
    cluster.process("edge-1").resume();
    until_stopped(cluster, "edge-1", &unreadable, NEWER_EVENT_SCHEMA).await;
    cluster.replace("edge-1", Program::Newer).await;
    newer.say_everywhere(cluster, 1).await;
}

fn start_as(cluster: &mut Cluster, name: &str, program: Program) {
    let process = cluster.process(name);
    process.program = program;
    process.restart();
}

/// Waits until a role is not ready and names each of these places with the schema.
async fn until_stopped(cluster: &Cluster, name: &str, unreadable: &[Position], schema: u32) {
    assert!(!unreadable.is_empty());
    until(&format!("{name} says where it stands still"), PATIENCE, async || {
        let Some(readiness) = cluster.readiness(name).await else { return false };
        let said = readiness.checks.to_string();
        let is_named = |at: &Position| said.contains(&format!("stopped at {at}: no schema has the id {schema},"));
        !readiness.is_ready && unreadable.iter().all(is_named)
    })
    .await;
}
