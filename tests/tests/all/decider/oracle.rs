//! Deciders killed, doubled or cut off at any moment, against the oracle.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_decider_writes_what_the_rules_say() {
    for seed in seeds() {
        let mut world = World::new(seed).await;
        let _decider = world.decider("deciders");
        for _ in 0..8 {
            world.ask(25).await;
            world.project_some().await;
        }
        world.expect_oracle().await;
    }
}

/// The states never follow, memory holds a few events only: what a thread lacks is read back from the log.
#[tokio::test(flavor = "multi_thread")]
async fn states_that_lag_far_behind_are_continued_from_the_log() {
    for seed in seeds() {
        let mut world = World::new(seed).await;
        let config = || Config { recent_bytes_max: 2_000, ..config() };
        let mut decider = world.decider_with(config(), world.projections.states.clone());
        for round in 0..6 {
            world.ask(30).await;
            if round % 3 == 1 {
                world.project_some().await;
            }
            if round % 2 == 1 {
                world.expect_oracle().await;
                decider.process.kill();
                decider = world.decider_with(config(), world.projections.states.clone());
            }
        }
        world.expect_oracle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deciders_killed_at_any_moment_change_nothing() {
    for seed in seeds() {
        let mut world = World::new(seed).await;
        let mut decider = world.decider("deciders");
        for _ in 0..20 {
            let count = world.rng.random_range(0..20);
            world.ask(count).await;
            for _ in 0..world.rng.random_range(0..200) {
                tokio::task::yield_now().await;
            }
            decider.kill();
            world.project_some().await;
            decider = world.decider("deciders");
        }
        world.expect_oracle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_at_once_change_nothing() {
    for seed in seeds() {
        let mut world = World::new(seed).await;
        let _one = world.decider("deciders");
        let _other = world.decider("zombies");
        for _ in 0..10 {
            world.ask(20).await;
            world.project_some().await;
        }
        world.expect_oracle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_fail_before_or_after_taking_effect_change_nothing() {
    for seed in seeds() {
        let mut world = World::new(seed).await;
        let mut fates = StdRng::seed_from_u64(seed);
        world.log.set_fates(move |topic, _| match (topic, fates.random_range(0..20)) {
            (Topic::Messages, 0) => Fate::FailedAfter,
            (Topic::Messages, 1) => Fate::FailedBefore,
            _ => Fate::Confirmed,
        });
        let _decider = world.decider("deciders");
        for _ in 0..10 {
            world.ask(20).await;
            world.project_some().await;
        }
        world.expect_oracle().await;
    }
}
