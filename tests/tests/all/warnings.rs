//! What operators are told when something is not as it should be.

use std::time::Duration;

use serde_json::json;
use threadline_tests::cluster::{Backend, Cluster, Layout, refused_unprepared};
use threadline_tests::projections::Projections;
use threadline_tests::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_on_an_empty_database_says_in_one_line_what_to_do() {
    let backend = Backend::postgres().await;
    let complained = refused_unprepared("unprepared", &backend, &["edge", "--port", "0"]);
    let last = complained.lines().last().unwrap_or_default();
    assert!(last.starts_with("threadline: ") && last.contains("`threadline migrate`"), "{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_warns_of_generations_that_are_dropped_under_it() {
    let cluster = Cluster::start("dropped", Layout::Dev, Backend::postgres().await).await;
    let thread = json!({"kind": "group", "participants": []});
    cluster.rest(0, "ann").post("threads/", thread).await.is(201);
    // Nothing comes afterwards: the projector finds it out by itself.
    Projections::at(cluster.backend.database_url()).drop_all().await;
    let warned = |name: &str| {
        let logs = cluster.logs();
        let said = format!("failed to open threadline_{name}_1");
        logs.lines().any(|line| line.contains("WARN") && line.contains(&said) && line.contains("not fed until"))
    };
    until("the projector has warned", Duration::from_secs(30), async || warned("states") && warned("conversations"))
        .await;
}
