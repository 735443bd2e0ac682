//! Roles killed with no warning at random moments, and started again.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::wait::until;

use super::from_environment;
use super::probes::{Probes, Recoveries};
use super::town::Town;

/// Kills of each role, unless `THREADLINE_FAULTS_KILLS` says otherwise.
const KILLS: u64 = 4;
const ROLES: [&str; 3] = ["decider", "projector", "edge"];
/// Within this the partitions of a dead decider are served again.
const KAFKA_TAKEOVER_MAX: Duration = Duration::from_secs(10);
const POSTGRES_TAKEOVER_MAX: Duration = Duration::from_secs(3);
/// Within this a decider that was killed and started again at once serves its partitions again.
const RESTARTED_WITHIN: Duration = Duration::from_secs(2);
/// How long two deciders may need to share the partitions out.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(30);
/// The longest a killed process lies, and the longest peace between two kills, milliseconds.
const PAUSE_MS_MAX: u64 = 800;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_roles_are_killed_on_postgres() {
    under_kills("kills-postgres", Backend::postgres().await, POSTGRES_TAKEOVER_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_roles_are_killed_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    under_kills("kills-kafka", Backend::kafka(&brokers).await, KAFKA_TAKEOVER_MAX).await;
}

/// Each decider has a share of its own in the group, which waits for it: nobody else serves those partitions meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_decider_that_starts_again_serves_at_once_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    let mut cluster = Cluster::start("restarted-decider-kafka", Layout::Roles, Backend::kafka(&brokers).await).await;
    let probes = Probes::place(&cluster).await;
    let mut restarts = Recoveries::default();
    for victim in ["decider-0", "decider-1", "decider-0", "decider-1"] {
        until("both deciders own partitions", HANDED_OVER_WITHIN, async || cluster.deciders_share().await).await;
        let since = Instant::now();
        cluster.process(victim).restart();
        restarts.note(&probes.served(&cluster, cluster.edge(0), since).await);
    }
    restarts.judge("kafka: decider killed and started again", RESTARTED_WITHIN);
}

async fn under_kills(test: &str, backend: Backend, takeover_max: Duration) {
    let seed = from_environment("THREADLINE_FAULTS_SEED", rand::random_range(0..1_000_000));
    let kills = from_environment("THREADLINE_FAULTS_KILLS", KILLS);
    println!("{test}: THREADLINE_FAULTS_SEED={seed} THREADLINE_FAULTS_KILLS={kills}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut cluster = Cluster::start(test, Layout::Roles, backend).await;
    let probes = Probes::place(&cluster).await;
    let town = Town::settle(&cluster, seed).await;

    let mut victims: Vec<&str> = ROLES.into_iter().flat_map(|role| (0..kills).map(move |_| role)).collect();
    victims.shuffle(&mut rng);
    // A decider that dies while the partitions of another are still being handed over is a second fault on top of the
    // first one: nothing may be lost, but the promise is for one at a time. Every other one comes after such a wait.
    let (mut takeovers, mut at_any_time) = (Recoveries::default(), Recoveries::default());
    while let Some(role) = victims.pop() {
        pause(&mut rng).await;
        if role == "decider" && rng.random_bool(0.5) {
            until("both deciders own partitions", HANDED_OVER_WITHIN, async || cluster.deciders_share().await).await;
        }
        let is_single = cluster.deciders_share().await;
        let victim = format!("{role}-{}", rng.random_range(0..2));
        cluster.kill(&victim);
        let since = Instant::now();
        // Sometimes two at once, of different roles.
        let also = victims.last().copied().filter(|other| *other != role && rng.random_bool(0.3));
        let also = also.map(|other| format!("{other}-{}", rng.random_range(0..2)));
        if let Some(also) = &also {
            victims.pop();
            cluster.kill(also);
        }
        if role == "decider" || also.as_ref().is_some_and(|also| also.starts_with("decider")) {
            let edge = cluster.edges().borrow()[0].clone();
            let recoveries = if is_single { &mut takeovers } else { &mut at_any_time };
            recoveries.note(&probes.served(&cluster, &edge, since).await);
        } else {
            pause(&mut rng).await;
        }
        cluster.revive(&victim).await;
        if let Some(also) = also {
            cluster.revive(&also).await;
        }
    }
    town.judge(&cluster).await;
    takeovers.judge(&format!("{test}: decider killed"), takeover_max);
    at_any_time.judge(&format!("{test}: decider killed in the middle of a handover"), 2 * takeover_max);
}

/// A while of no particular length: faults come at random moments.
async fn pause(rng: &mut StdRng) {
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..PAUSE_MS_MAX))).await;
}
