//! Roles in one process do not starve each other of connections to the database.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::projections::Projections;
use threadline_tests::wait::until;
use uuid::Uuid;

/// More reads than the edges have connections.
const READS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_wait_do_not_keep_a_decider_from_its_states() {
    let cluster = Cluster::start("pools", Layout::Dev, Backend::postgres().await).await;
    let made = cluster.rest(0, "ann").post("threads/", json!({"kind": "group", "participants": ["ben"]})).await.is(201);
    let thread = made["id"].as_str().expect("an id").to_owned();

    // Names are read with every thread, and never by a decider: whoever reads a thread waits for this lock.
    let mut holding = PgConnection::connect(cluster.backend.database_url()).await.expect("the database answers");
    let schema = Projections::at(cluster.backend.database_url()).live("conversations").await;
    let lock = format!("begin; lock table {schema}.users in access exclusive mode");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holding).await.expect("the table can be locked");
    let reads: Vec<_> = (0..READS)
        .map(|index| {
            let (rest, path) = (cluster.rest(0, ["ann", "ben"][index % 2]), format!("threads/{thread}/"));
            tokio::spawn(async move { rest.get(&path).await.status })
        })
        .collect();
    let waiting = "select count(*) from pg_locks where not granted";
    let mut looking = PgConnection::connect(cluster.backend.database_url()).await.expect("the database answers");
    until("every connection for reads waits", Duration::from_secs(10), async || {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(&mut looking).await.expect("a count");
        count >= 16
    })
    .await;

    // A thread that the decider does not know has to be looked for.
    for _ in 0..5 {
        let path = format!("threads/{}/messages/", Uuid::now_v7());
        cluster.rest(0, "ann").post(&path, json!({"content": "x"})).await.problem(404, "unknown_thread");
    }
    drop(holding);
    for read in reads {
        let status = read.await.expect("no panic");
        assert!(status == 200 || status == 503, "{status}");
    }
}
