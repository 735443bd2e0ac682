//! From the log to the views, and again from the start.

use std::sync::Arc;

use threadline_domain::Topic;
use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_projector::Config;
use tokio_util::sync::CancellationToken;

use super::World;

#[tokio::test]
async fn what_is_in_the_log_comes_into_the_views_once() {
    let mut world = World::new(1).await;
    world.happen(200).await;
    let projector = world.start();
    world.caught_up(&world.views).await;
    world.happen(200).await;
    world.caught_up(&world.views).await;
    projector.abort();
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn dropped_views_come_back_as_they_were_under_a_running_projector() {
    let mut world = World::new(2).await;
    world.happen(300).await;
    let projector = world.start();
    world.caught_up(&world.views).await;
    let before = world.views.checksums().await;
    world.drop_views().await;
    world.caught_up(&world.views).await;
    assert_eq!(world.views.checksums().await, before);
    world.happen(50).await;
    world.caught_up(&world.views).await;
    projector.abort();
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn projectors_share_the_work_and_take_over() {
    let mut world = World::new(3).await;
    let one = world.start();
    let two = world.start();
    world.happen(200).await;
    world.caught_up(&world.views).await;
    one.abort();
    world.happen(200).await;
    world.caught_up(&world.views).await;
    let three = world.start();
    two.abort();
    world.happen(200).await;
    world.caught_up(&world.views).await;
    three.abort();
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn a_projector_refuses_views_of_another_log() {
    let mut world = World::new(4).await;
    world.happen(50).await;
    for name in ["states", "conversations"] {
        let schema = world.views.live(name).await;
        world.views.registry.follow(&schema, "another log").await.unwrap();
    }
    // It ends by itself.
    world.start().await.unwrap();
    assert_eq!(world.views.conversations.progress(Topic::Messages).await.unwrap(), [].into());
}

#[tokio::test]
async fn a_projector_refuses_views_ahead_of_the_log() {
    let mut world = World::new(5).await;
    world.happen(50).await;
    let projector = world.start();
    world.caught_up(&world.views).await;
    projector.abort();
    let (at, end) = (
        world.views.conversations.progress(Topic::Users).await.unwrap(),
        world.log.ends(Topic::Users).await.all().unwrap(),
    );
    let (&partition, &progress) = at.first_key_value().unwrap();
    let ahead = threadline_projections::Progress { next: end[&partition] + 1, ..progress };
    world.views.project_users(partition, progress, ahead, &[]).await.unwrap();
    world.start().await.unwrap();
}

#[tokio::test]
async fn shutdown_ends_it() {
    let mut world = World::new(6).await;
    world.happen(50).await;
    let shutdown = CancellationToken::new();
    let (log, options) = (Arc::new(world.log.clone()), world.database.options());
    let stopped = StoppedPartitions::new();
    let projector = world.views.clone().run_projector(Config::default(), log, options, stopped, shutdown.clone());
    let stop = async {
        world.caught_up(&world.views).await;
        shutdown.cancel();
    };
    tokio::join!(projector, stop);
}
