//! A second aggregate plugs in: commands, a decider, events or refusals, and sessions, beside threads.

mod tally;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use threadline_domain::{Position, Topic};
use threadline_edge::commands::{NoOutcome, Refused};
use threadline_eventlog::codec::{self, Context};
use threadline_eventlog::{LoggedAggregate, NewRecord};
use threadline_tests::log::records;
use threadline_tests::socket::{PATIENCE, Socket};
use threadline_tests::wait::until;
use threadline_wire::Cursor;

use tally::{Add, Sum, TOTAL_MAX, Tally, TooMuch};
use world::{World, tally_in};

/// The totals of the frames of tallies.
fn totals(frames: &[Value]) -> Vec<u64> {
    frames.iter().filter(|frame| frame["type"] == "tally").filter_map(|frame| frame["total"].as_u64()).collect()
}

/// The contents of the messages posted.
fn contents(frames: &[Value]) -> Vec<&str> {
    let posted = frames.iter().filter(|frame| frame["event"]["type"] == "message_posted");
    posted.filter_map(|frame| frame["event"]["message"]["content"].as_str()).collect()
}

fn topics_of(cursor: &str) -> BTreeSet<Topic> {
    cursor.parse::<Cursor>().expect("a cursor").next.into_keys().collect()
}

async fn commands_are_settled_and_events_arrive(world: &World) {
    let thread = world.group().await;
    let (mut ann, _) = Socket::hello(&world.edges[0].url, "ann", None).await;
    let (mut ben, _) = Socket::hello(&world.edges[0].url, "ben", None).await;
    let mut positions = Vec::new();
    for (step, total) in [(1, 5), (2, 10), (3, 15)] {
        let settled = world.add(7, step, 5).await.expect("it is decided");
        assert_eq!((settled.outcome, settled.position.topic), (Sum { seq: step, total }, Topic::Disputes));
        assert!(settled.event.is_some());
        positions.push(settled.position);
        ann.say(&thread, &format!("message {step}")).await;
    }
    let again = world.add(7, 2, 5).await.expect("it was done before");
    assert_eq!((again.outcome, again.event.is_none()), (Sum { seq: 2, total: 10 }, true));
    assert!(again.position >= positions[1]);
    let refused = [world.add(7, 4, TOTAL_MAX).await, world.add(7, 9, 5).await].map(|result| match result {
        Err(Refused::Rejected(why)) => why,
        other => panic!("{other:?}"),
    });
    assert_eq!(refused, [TooMuch::Total, TooMuch::Step]);

    let (frames, cursor) = ann.sync().await;
    assert_eq!(totals(&frames), [5, 10, 15]);
    assert_eq!(contents(&frames), ["message 1", "message 2", "message 3"]);
    assert_eq!(topics_of(&cursor), BTreeSet::from([Topic::Messages, Topic::Disputes]));
    let (frames, _) = ben.sync().await;
    assert_eq!((totals(&frames), contents(&frames).len()), (vec![], 3), "ben watches no tally");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_aggregate_goes_the_same_way() {
    commands_are_settled_and_events_arrive(&World::in_memory(|_| {}).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_aggregate_goes_the_same_way_in_postgres() {
    commands_are_settled_and_events_arrive(&World::in_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_nobody_can_read_is_answered_and_a_dead_letter() {
    let world = World::in_memory(|_| {}).await;
    let add = Add { tally: 1, step: 1, by: 1, watchers: vec![] };
    // Answers of other edges are none of ours: this one waits at nobody.
    let context = Context { reply_to: Some("elsewhere/1".into()), traceparent: None };
    let mut record = Tally::command_record(&add, &context);
    let readable = record.value.take().expect("a value");
    record.value = Some(readable.slice(..readable.len() - 1));
    world.log.append(Topic::DisputesCommands, record).await.expect("appended");
    assert_eq!(world.add(1, 1, 1).await.expect("it is decided").outcome, Sum { seq: 1, total: 1 });
    let letters = records(&*world.log, Topic::DeadLetters).await;
    let letter = codec::read_dead_letter(&letters[0]).expect("a dead letter");
    assert_eq!((letters.len(), letter.position.topic), (1, Topic::DisputesCommands));
    let refusals = records(&*world.log, Topic::Rejections).await;
    assert_eq!(Tally::read_refusal(&refusals[0]).expect("a refusal").id, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_outcome_ends_with_its_deadline_and_its_bound() {
    let world = World::in_memory(|config| {
        config.commands.deadline = Duration::from_secs(1);
        config.commands.pending_max = 1;
    })
    .await;
    // Nobody decides partition 0 any more: it holds a command of a newer program.
    world.log.append(Topic::DisputesCommands, newer(tally_in(0))).await.expect("appended");
    let (first, second) = tokio::join!(world.add(tally_in(0), 1, 1), world.add(tally_in(1), 1, 1));
    assert!(matches!(first, Err(Refused::NoOutcome(NoOutcome::Timeout))), "{first:?}");
    assert!(matches!(second, Err(Refused::NoOutcome(NoOutcome::Full))), "{second:?}");
    assert!(world.add(tally_in(1), 1, 1).await.is_ok(), "the one that timed out makes room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_of_an_event_is_dropped_by_its_cause_in_its_own_topic() {
    let world = World::in_memory(|_| {}).await;
    let (mut ann, _) = Socket::hello(&world.edges[0].url, "ann", None).await;
    let Position { partition, .. } = world.add(3, 1, 4).await.expect("it is decided").position;
    let written = records(&*world.log, Topic::Disputes).await.remove(0);
    let copy = NewRecord { key: written.key, value: written.value, headers: written.headers };
    world.log.append_to(Topic::Disputes, partition, copy).await.expect("appended");
    assert!(world.add(3, 2, 4).await.is_ok());
    assert_eq!(totals(&ann.sync().await.0), [4, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_one_topic_stops_no_other() {
    let world = World::in_memory(|_| {}).await;
    let thread = world.group().await;
    let (mut ann, _) = Socket::hello(&world.edges[0].url, "ann", None).await;
    world.log.append_to(Topic::Disputes, 0, newer(tally_in(0))).await.expect("appended");
    until("the edge says where it stopped", PATIENCE, async || {
        let readiness = world.readiness(0).await;
        readiness["checks"]["hub"].as_str().is_some_and(|hub| hub.contains("stopped at disputes:0:0"))
    })
    .await;
    for step in 1..=3 {
        ann.say(&thread, "goes on").await;
        world.add(tally_in(1), step, 1).await.expect("partition 1 goes on");
    }
    let (frames, _) = ann.sync().await;
    assert_eq!((totals(&frames), contents(&frames).len()), (vec![1, 2, 3], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_missed_comes_from_the_rings_of_both_topics() {
    let mut world = World::in_memory(|_| {}).await;
    let thread = world.group().await;
    let (mut ann, _) = Socket::hello(&world.edges[0].url, "ann", None).await;
    let (_, cursor) = ann.sync().await;
    ann.cut();
    miss(&world, &thread).await;
    // The second edge has nothing encoded; the third one's rings hold next to nothing.
    world.add_edge(|_| {}).await;
    world.add_edge(|config| config.hub.ring_bytes_max = 1_000).await;
    let mut sockets = Vec::new();
    for edge in [0, 1] {
        let (mut ann, welcome) = Socket::hello(&world.edges[edge].url, "ann", Some(&cursor)).await;
        let (frames, _) = ann.sync().await;
        assert_eq!(welcome["recovered"], true, "{frames:?}");
        assert_eq!((totals(&frames), contents(&frames)), (vec![2, 4, 6], vec!["missed"; 3]), "edge {edge}");
        sockets.push(ann);
    }
    world.add(2, 4, 1).await.expect("it is decided");
    for ann in &mut sockets {
        assert_eq!(ann.frame_of("tally").await["total"], 7, "live, and once");
    }
    let (mut ann, welcome) = Socket::hello(&world.edges[2].url, "ann", Some(&cursor)).await;
    let (frames, _) = ann.sync().await;
    assert_eq!((&welcome["recovered"], totals(&frames)), (&json!(false), vec![]));
    assert_eq!(contents(&frames), ["missed"; 3], "threads are resumed from the views");
    let resyncs: Vec<_> = frames.iter().filter(|frame| frame["type"] == "resync").collect();
    assert_eq!((resyncs.len(), &resyncs[0]["threads"]), (1, &json!([])), "no thread named: everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_one_topic_alone_is_foreign_and_a_position_there_is_not_waited_for() {
    let world = World::in_memory(|_| {}).await;
    let (mut ann, welcome) = Socket::hello(&world.edges[0].url, "ann", None).await;
    assert_eq!(welcome["recovered"], false);
    let mut cursor: Cursor = ann.sync().await.1.parse().expect("a cursor");
    cursor.next.remove(&Topic::Disputes);
    let (mut ann, welcome) = Socket::hello(&world.edges[0].url, "ann", Some(&cursor.to_string())).await;
    assert_eq!(welcome["recovered"], false);
    assert_eq!(ann.frame_of("resync").await["reason"], "foreign_cursor");
    let position = world.add(1, 1, 1).await.expect("it is decided").position;
    let refused = world.rest(0, "ann").get(&format!("threads/?at_least={position}")).await;
    assert_eq!((refused.status, &refused.body["field"]), (400, &json!("at_least")), "{refused:?}");
}

/// Three additions, and three messages that the views have.
async fn miss(world: &World, thread: &str) {
    let (mut ben, _) = Socket::hello(&world.edges[0].url, "ben", None).await;
    let mut last = Value::Null;
    for step in 1..=3 {
        last = ben.say(thread, "missed").await;
        world.add(2, step, 2).await.expect("it is decided");
    }
    let position = last["position"].as_str().expect("a position");
    world.rest(0, "ben").get(&format!("threads/?at_least={position}")).await.ok();
}

/// A record of a tally that only a newer program can read.
fn newer(tally: u64) -> NewRecord {
    let add = Add { tally, step: 1, by: 1, watchers: vec![] };
    let mut record = Tally::command_record(&add, &Context::default());
    record.value = Some([&[0, 0, 0xff, 0xff, 0xff], &b"{}"[..]].concat().into());
    record
}
