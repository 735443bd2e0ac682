//! Rebuilding projections beside live traffic: no call fails, nothing differs, and the way back is open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use threadline_eventlog::EventLog;
use threadline_projections::{State, projections};
use threadline_projector::{Config, Rebuild, RebuildError, rebuild};
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::corpus::Corpus;
use threadline_tests::projections::Projections;
use threadline_tests::rest::Rest;
use threadline_tests::wait::until;
use tokio_util::sync::CancellationToken;

use crate::projector::World;

const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_projection_is_rebuilt_and_swapped_while_people_talk_on_postgres() {
    beside_traffic("replay-postgres", Layout::Dev, Backend::postgres().await, &Corpus::sample()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projection_is_rebuilt_and_swapped_while_people_talk_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    beside_traffic("replay-kafka", Layout::Roles, Backend::kafka(&brokers).await, &Corpus::sample()).await;
}

async fn beside_traffic(test: &str, layout: Layout, backend: Backend, corpus: &Corpus) {
    let cluster = Cluster::start(test, layout, backend).await;
    cluster.run(&["import", corpus.path.to_str().expect("a path in UTF-8"), "--json"]);
    let all = Projections::at(cluster.backend.database_url());
    let talk = Talk::start(&cluster).await;

    // There is nothing to swap in or to go back to yet.
    for verb in ["swap", "rollback"] {
        let (code, said) = cluster.refused(&["replay", verb, "conversations"]);
        assert_eq!(code, Some(3), "{said}");
    }
    for name in ["states", "conversations"] {
        let first = all.live(name).await;
        let built: Value = serde_json::from_str(&cluster.run(&["replay", "rebuild", name, "--json"])).expect("JSON");
        assert!(built["records"].as_u64() > Some(corpus.messages), "{built}");
        println!("{test}: {name} rebuilt at {:.0} records/s", built["records_per_second"].as_f64().expect("a rate"));
        assert_eq!(all.live(name).await, first, "nobody reads it yet");
        cluster.run(&["replay", "swap", name]);
        assert_eq!(all.live(name).await.as_str(), built["schema"]);
        talk.goes_on().await;
        cluster.run(&["replay", "rollback", name]);
        assert_eq!(all.live(name).await, first);
        talk.goes_on().await;
        // Said twice, it does not bring back what it took out.
        let (code, said) = cluster.refused(&["replay", "rollback", name]);
        assert_eq!((code, all.live(name).await), (Some(3), first), "{said}");
        // A swap does: the one that was taken out has been kept up to date meanwhile.
        cluster.run(&["replay", "swap", name]);
        assert_eq!(all.live(name).await.as_str(), built["schema"]);
        talk.goes_on().await;
    }
    talk.end().await;

    // Both generations of each, fed side by side, hold the same rows.
    let status = || -> Vec<Value> {
        let lines = cluster.run(&["replay", "status", "--json"]);
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    until("all generations are where the log ends", PATIENCE, async || status().iter().all(|row| row["behind"] == 0))
        .await;
    let states: Vec<_> = status().iter().map(|row| row["state"].as_str().expect("a state").to_owned()).collect();
    assert_eq!(states, ["retired", "live", "retired", "live"]);
    let mut checksums = Vec::new();
    for feed in all.feeds().await {
        checksums.push((feed.spec().name, feed.checksums().await.expect("the generation answers")));
    }
    assert_eq!(checksums[0], checksums[1]);
    assert_eq!(checksums[2], checksums[3]);

    // A third generation: the one that was kept for a rollback makes room.
    cluster.run(&["replay", "rebuild", "conversations", "--json"]);
    cluster.run(&["replay", "swap", "conversations"]);
    assert_eq!(status().len(), 4);
}

/// From one message to the next. Reading one in every way costs bob six tokens, and he gains a hundred each second.
const TURN: Duration = Duration::from_millis(100);

/// Somebody who writes and reads all the time, and for whom every call has to succeed.
struct Talk {
    written: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    talking: tokio::task::JoinHandle<()>,
}

impl Talk {
    async fn start(cluster: &Cluster) -> Self {
        let (ann, bob) = (cluster.rest(0, "ann"), cluster.rest(1, "bob"));
        let made = ann.post("threads/", json!({"kind": "group", "participants": ["bob"]})).await.is(201);
        let thread = made["id"].as_str().expect("an id").to_owned();
        let (written, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let talking = tokio::spawn({
            let (written, stop) = (Arc::clone(&written), Arc::clone(&stop));
            async move {
                let mut turns = tokio::time::interval(TURN);
                for number in 1.. {
                    turns.tick().await;
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    talk_once(&ann, &bob, &thread, number).await;
                    written.store(number, Ordering::Release);
                }
            }
        });
        let talk = Self { written, stop, talking };
        talk.goes_on().await;
        talk
    }

    /// Until more was written and read.
    async fn goes_on(&self) {
        let before = self.written.load(Ordering::Acquire);
        until("people go on talking", PATIENCE, async || {
            assert!(!self.talking.is_finished(), "a call failed");
            self.written.load(Ordering::Acquire) >= before + 5
        })
        .await;
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Release);
        self.talking.await.expect("no call failed");
    }
}

/// Ann writes, bob reads it in every way.
async fn talk_once(ann: &Rest, bob: &Rest, thread: &str, number: usize) {
    let messages = format!("threads/{thread}/messages/");
    let sent = ann.post(&messages, json!({"content": format!("message {number}")})).await.is(201);
    let at_least = format!("?at_least={}", sent["position"].as_str().expect("a position"));
    let page = bob.get(&format!("{messages}{at_least}")).await.ok();
    assert_eq!(page["messages"][0]["number"], number);
    let shown = bob.get(&format!("threads/{thread}/")).await.ok();
    assert_eq!((&shown["last_number"], &shown["unread"]), (&json!(number), &json!(number)));
    let counts = bob.get("unread-count/").await.ok();
    assert_eq!(counts["threads"][thread], number);
}

#[tokio::test]
async fn a_rebuild_that_is_stopped_goes_on_where_it_was() {
    let mut world = World::new(21).await;
    world.happen(600).await;
    let projector = world.start();
    world.caught_up(&world.views).await;
    projector.abort();
    let before = world.views.checksums().await;
    let log: Arc<dyn EventLog> = Arc::new(world.log.clone());
    let conversations = projections().into_iter().find(|one| one.spec().name == "conversations").expect("it is there");
    let registry = &world.views.registry;
    let (mut stops, mut last) = (0, 0);
    let generation = loop {
        let stop = CancellationToken::new();
        let asked = Rebuild {
            projection: Arc::clone(&conversations),
            config: Config::default(),
            records_per_second_max: Some(50),
        };
        let mut seen = Vec::new();
        let on_progress = |progress: threadline_projector::RebuildProgress| {
            seen.push(progress.applied);
            // As soon as something was applied.
            if seen.len() > 1 && stops < 3 {
                stop.cancel();
            }
        };
        let built = rebuild(asked, Arc::clone(&log), registry, on_progress, stop.clone()).await;
        assert!(seen[0] >= last, "{} records were lost by a stop", last - seen[0]);
        last = *seen.last().expect("it said where it begins");
        match built {
            Ok(generation) => break generation,
            Err(RebuildError::Cancelled) => stops += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(stops, 3);
    let generations = registry.generations().await.unwrap();
    assert_eq!(generations.iter().filter(|one| one.name == "conversations").count(), 2);
    assert!(generations.iter().any(|one| one.schema == generation.schema && one.state == State::Ready));

    let projector = world.start();
    until("it can be swapped in", PATIENCE, async || registry.swap("conversations").await.is_ok()).await;
    world.caught_up(&world.views).await;
    projector.abort();
    assert_eq!(world.views.live("conversations").await, generation.schema);
    assert_eq!(world.views.checksums().await, before);
}

#[tokio::test]
async fn of_two_rebuilds_at_once_one_is_refused() {
    let mut world = World::new(22).await;
    world.happen(50).await;
    let states = projections().into_iter().find(|one| one.spec().name == "states").expect("it is there");
    let _alone = world.views.registry.rebuild_alone(states.spec()).await.unwrap().expect("nobody else rebuilds");
    let log: Arc<dyn EventLog> = Arc::new(world.log.clone());
    let asked = Rebuild { projection: states, config: Config::default(), records_per_second_max: None };
    let refused = rebuild(asked, log, &world.views.registry, |_| (), CancellationToken::new()).await;
    assert!(matches!(refused, Err(RebuildError::Busy("states"))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_does_not_start_on_a_log_of_the_other_sealing_mode() {
    let cluster = Cluster::start("other-mode", Layout::Roles, Backend::postgres().await).await;
    for role in ["edge", "decider", "projector"] {
        let (code, said) = cluster.refused(&[role, "--set", "seal=off"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("seal = on, this process runs with seal = off: set seal = on"), "{role}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_does_not_start_on_projections_of_a_newer_program() {
    let mut cluster = Cluster::start("newer-projections", Layout::Roles, Backend::postgres().await).await;
    let all = Projections::at(cluster.backend.database_url());
    all.execute("update threadline_projections.generations set version = 99 where name = 'states'").await;
    for role in ["edge-0", "decider-0", "projector-0"] {
        cluster.kill(role);
        cluster.process(role).restart();
        assert!(!cluster.process(role).exited().await.success(), "{role}");
        let said = "projection states is live in version 99, this program knows version 1: a newer program made it";
        assert!(cluster.process(role).logged().contains(said), "{role}");
    }
}
