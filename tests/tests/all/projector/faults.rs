//! Killed at any moment, neither loses nor doubles.

use std::time::Duration;

use rand::Rng;
use threadline_domain::Topic;

use super::World;

#[tokio::test]
async fn killed_at_random_points_it_neither_loses_nor_doubles() {
    let mut world = World::new(7).await;
    let mut projectors = [world.start(), world.start()];
    for kill in 0..40 {
        world.happen(15).await;
        let micros = world.rng.random_range(0..30_000);
        // What is random is where in its work it is hit.
        tokio::time::sleep(Duration::from_micros(micros)).await;
        projectors[kill % 2].abort();
        projectors[kill % 2] = world.start();
    }
    world.caught_up(&world.views).await;
    projectors.iter().for_each(tokio::task::JoinHandle::abort);
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn connections_cut_at_random_points_lose_and_double_nothing() {
    let mut world = World::new(8).await;
    let projector = world.start();
    for _ in 0..30 {
        world.happen(15).await;
        let micros = world.rng.random_range(0..20_000);
        tokio::time::sleep(Duration::from_micros(micros)).await;
        world.database.disconnect_all().await;
    }
    world.caught_up(&world.views).await;
    projector.abort();
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn an_outage_of_the_views_is_caught_up() {
    let mut world = World::new(9).await;
    let projector = world.start();
    world.happen(100).await;
    world.caught_up(&world.views).await;
    world.database.set_outage(true).await;
    world.happen(200).await;
    assert!(world.views.conversations.progress(Topic::Messages).await.is_err());
    world.database.set_outage(false).await;
    world.caught_up(&world.views).await;
    projector.abort();
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn an_outage_of_the_log_is_caught_up() {
    let mut world = World::new(10).await;
    let projector = world.start();
    world.happen(100).await;
    world.log.set_outage(true);
    assert!(!world.views.checksums().await.is_empty());
    world.log.set_outage(false);
    world.happen(100).await;
    world.caught_up(&world.views).await;
    projector.abort();
    world.assert_as_undisturbed().await;
}
