//! Commands and events that cannot be read.

use threadline_domain::Position;
use threadline_domain::thread::{Change, MessagePosted};
use threadline_eventlog::codec::CommandReply;
use threadline_eventlog::{Stopped, header};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_be_read_becomes_a_dead_letter_and_the_next_one_is_decided() {
    let world = World::new(1).await;
    let _decider = world.decider("deciders");
    let garbage = NewRecord { key: "a thread".into(), value: Some("no command".into()), headers: Headers::new() };
    let position = world.log.append(Topic::MessagesCommands, garbage.clone()).await.expect("appended");
    let letters = world.log.tail(Topic::DeadLetters, (0..PARTITIONS).map(|p| (p, Start::At(0))).collect()).next().await;
    let letter = codec::read_dead_letter(&letters.expect("the log is there").records[0]).expect("a dead letter");
    assert_eq!((letter.position, letter.key, letter.value), (position, garbage.key, garbage.value));
    assert!(!letter.reason.is_empty());

    // In the same partition, after it.
    let command = creation(&key_in(position.partition, 0));
    let next = Thread::command_record(&command, &Context::default());
    let cause = world.log.append(Topic::MessagesCommands, next).await.expect("appended").offset;
    let events = world.log.tail(Topic::Messages, [(position.partition, Start::At(0))].into()).next().await;
    let (event, of) = Thread::read_event(&events.expect("the log is there").records[0]).expect("an event");
    assert_eq!((event.thread, event.seq, of), (command.thread, 1, cause));
}

/// Whatever fits into a topic must leave a letter that does too, or nothing after it is ever decided.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_be_read_holds_nothing_up_however_large_it_is() {
    let world = World::new(1).await;
    let _decider = world.decider("deciders");
    let record = |key: Vec<u8>, value: Vec<u8>| NewRecord {
        key: key.into(),
        value: Some(value.into()),
        headers: Headers::new(),
    };
    let large = || vec![b'x'; 600_000];
    // A role of 600,000 characters, its length before it.
    let [actor, user] = ["ann", "bob"].map(|id| UserId::new(id).expect("a user id"));
    let action = Action::ChangeRole { user, role: Role::Member };
    let command = Command { thread: ThreadId::of_key("key"), actor: actor.into(), at: Timestamp(1), action };
    let value = Thread::command_record(&command, &Context::default()).value.expect("a value");
    let before_role = value.strip_suffix(b"\x0cmember").expect("the role comes last");
    let role = [before_role, b"\x80\x9f\x49", &large()].concat();
    let unreadable = [
        record(b"key".into(), vec![b'x'; RECORD_BYTES_MAX - 3]),
        record(large(), b"no command".into()),
        record(b"key".into(), role),
    ];
    let mut expected = BTreeSet::new();
    for record in unreadable {
        expected.insert(world.log.append_to(Topic::MessagesCommands, 0, record).await.expect("appended").offset);
    }
    let mut letters = world.log.tail(Topic::DeadLetters, (0..PARTITIONS).map(|p| (p, Start::At(0))).collect());
    let mut seen = BTreeMap::new();
    wait::until("all letters are there", PATIENCE, async || {
        let batch = letters.next().await.expect("the log is there");
        let read = batch.records.iter().map(|record| codec::read_dead_letter(record).expect("a dead letter"));
        seen.extend(read.map(|letter| (letter.position.offset, letter)));
        seen.keys().copied().collect::<BTreeSet<_>>() == expected
    })
    .await;
    let sizes = seen.values().map(|letter| (letter.key.len(), letter.value.as_deref().map(<[u8]>::len)));
    let role_bytes = before_role.len() + 3 + large().len();
    assert_eq!(sizes.collect::<Vec<_>>(), [(3, None), (1_000, Some(10)), (3, Some(role_bytes))]);
    assert!(seen.values().all(|letter| letter.reason.len() <= 500));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_command_that_cannot_be_read_is_told() {
    let world = World::new(1).await;
    let _decider = world.decider("deciders");
    let headers = Headers::new().with(header::REPLY_TO, "edge/7");
    let garbage = NewRecord { key: "a thread".into(), value: Some("no command".into()), headers };
    world.log.append(Topic::MessagesCommands, garbage).await.expect("appended");
    let mut answers = world.log.tail(Topic::Rejections, (0..PARTITIONS).map(|p| (p, Start::At(0))).collect());
    let answer = answers.next().await.expect("the log is there").records[0].clone();
    assert_eq!(answer.headers.text(header::REPLY_TO), Some("edge/7"));
    let refusal = Thread::read_refusal(&answer).expect("a refusal");
    assert!(matches!(refusal.reply, CommandReply::Unavailable { .. }), "{refusal:?}");
}

/// A record as a newer program writes it: framed with the id of a schema that we do not know.
fn newer(mut record: NewRecord) -> NewRecord {
    let mut value = record.value.take().expect("a value").to_vec();
    value[1..5].copy_from_slice(&NEWER_SCHEMA.to_be_bytes());
    NewRecord { value: Some(value.into()), ..record }
}

const NEWER_SCHEMA: u32 = 1_000_000;

async fn wait_for_stop(decider: &Decider, position: Position) {
    wait::until("the partition stops", PATIENCE, async || {
        decider.stopped.all() == [Stopped { position, schema_id: NEWER_SCHEMA }]
    })
    .await;
    let named = decider.stopped.check().expect_err("a stopped partition is not ready");
    assert!(named.contains(&position.to_string()) && named.contains(&NEWER_SCHEMA.to_string()), "{named}");
}

async fn decided(world: &World, partition: Partition) -> Vec<(ThreadId, u64)> {
    let records = world.records(Topic::Messages).await.remove(&partition).unwrap_or_default();
    let events = records.iter().filter_map(|record| Thread::read_event(record).ok());
    events.map(|(event, _)| (event.thread, event.seq)).collect()
}

async fn append(world: &World, command: &Command) -> Position {
    let record = Thread::command_record(command, &Context::default());
    world.log.append(Topic::MessagesCommands, record).await.expect("appended")
}

async fn wait_for_events(world: &World, partition: Partition, count: usize) {
    wait::until("the events are there", PATIENCE, async || decided(world, partition).await.len() == count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_a_newer_program_stops_its_partition_and_is_decided_by_no_one_else() {
    let world = World::new(1).await;
    let old = world.decider_with(config(), world.projections.states.clone());
    let (here, there) = (key_in(0, 0), key_in(1, 0));
    append(&world, &creation(&here)).await;
    let unknown = newer(Thread::command_record(&post(&here, 1), &Context::default()));
    let position = world.log.append(Topic::MessagesCommands, unknown).await.expect("appended");
    append(&world, &post(&here, 2)).await;
    wait_for_stop(&old, position).await;

    // Others go on; here nothing is decided after it, and nothing is thrown away.
    append(&world, &creation(&there)).await;
    wait_for_events(&world, 1, 1).await;
    assert_eq!(decided(&world, 0).await, [(ThreadId::of_key(&here), 1)]);
    assert_eq!(world.log.ends(Topic::DeadLetters).await.all().expect("ends").values().sum::<u64>(), 0);

    // When the log does not hold it any more, the partition goes on.
    world.log.truncate(Topic::MessagesCommands, 0, position.offset + 1);
    wait_for_events(&world, 0, 2).await;
    wait::until("the partition counts as served", PATIENCE, async || old.stopped.check().is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_with_an_event_of_a_newer_program_is_not_served() {
    let world = World::new(1).await;
    let (here, there) = (key_in(0, 0), key_in(1, 0));
    let newer_decider = world.decider_with(config(), world.projections.states.clone());
    append(&world, &creation(&here)).await;
    wait_for_events(&world, 0, 1).await;
    newer_decider.process.kill();

    let event = world.oracle().await[&0][0].1.clone();
    let record = Thread::event_record(&Event { seq: 2, ..event }, 1, &Context::default());
    let position = world.log.append_to(Topic::Messages, 0, newer(record)).await.expect("appended");
    let old = world.decider_with(config(), world.projections.states.clone());
    append(&world, &post(&here, 1)).await;
    append(&world, &post(&here, 2)).await;
    append(&world, &creation(&there)).await;
    wait_for_stop(&old, position).await;
    wait_for_events(&world, 1, 1).await;
    assert_eq!(decided(&world, 0).await, [(ThreadId::of_key(&here), 1)], "no seq is given again");
    // Whoever loses the partition does not answer for it any more.
    old.process.expire();
    wait::until("the partition was given up and taken again", PATIENCE, async || !old.stopped.all().is_empty()).await;
}

/// What its headers tell is enough to give no number again.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_event_keeps_its_numbers() {
    let world = World::new(1).await;
    let key = key_in(0, 0);
    let first = world.decider("deciders");
    append(&world, &creation(&key)).await;
    append(&world, &post(&key, 1)).await;
    wait_for_events(&world, 0, 2).await;
    first.kill();

    let event = world.oracle().await[&0][1].1.clone();
    let Change::MessagePosted(posted) = event.change.clone() else { panic!("{event:?}") };
    let change = Change::MessagePosted(MessagePosted { number: 2, ..posted });
    let lost = append(&world, &post(&key, 2)).await;
    let mut record = Thread::event_record(&Event { seq: 3, change, ..event }, lost.offset, &Context::default());
    let value = record.value.take().expect("a value");
    record.value = Some(value.slice(..value.len() / 2));
    world.log.append_to(Topic::Messages, 0, record).await.expect("appended");

    let _second = world.decider("deciders");
    append(&world, &post(&key, 3)).await;
    wait_for_events(&world, 0, 3).await;
    let records = world.records(Topic::Messages).await;
    let (event, cause) = Thread::read_event(&records[&0][3]).expect("an event");
    let Change::MessagePosted(posted) = &event.change else { panic!("{event:?}") };
    assert_eq!((event.seq, posted.number, cause), (4, 3, lost.offset + 1));
}
