//! What is looked up together, and what a lookup that hangs holds up.

use std::time::Instant;

use threadline_eventlog::codec::CommandReply;
use threadline_eventlog::header;

use super::states::Watched;
use super::*;

async fn append(world: &World, command: &Command) {
    let record = Thread::command_record(command, &Context::default());
    world.log.append(Topic::MessagesCommands, record).await.expect("appended");
}

async fn event_count(world: &World, partition: Partition) -> usize {
    world.records(Topic::Messages).await.get(&partition).map_or(0, Vec::len)
}

/// Commands that wait for a decider need one lookup for all their threads, not one each.
#[tokio::test(flavor = "multi_thread")]
async fn what_many_commands_need_is_looked_up_at_once() {
    const THREADS: usize = 200;
    let world = World::new(1).await;
    for nth in 0..THREADS {
        let key = key_in(0, nth);
        append(&world, &creation(&key)).await;
        append(&world, &post(&key, 1)).await;
    }
    let states = Watched::new(&world.projections);
    let _decider = world.decider_with(Config { state_bytes_max: 16 << 20, ..config() }, states.clone());
    world.expect_oracle().await;
    let (lookups, asked) = states.lookups();
    assert_eq!(asked, THREADS);
    assert!(lookups <= 4, "{lookups} lookups for {asked} threads");
}

/// A reply to an old message needs facts that only its thread's state tells to be missing: the second round finds them.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_loaded_state_shows_to_be_missing_is_looked_up_next() {
    let mut world = World::new(1).await;
    let key = key_in(0, 0);
    let first = world.decider("deciders");
    append(&world, &creation(&key)).await;
    for nth in 1..=20 {
        append(&world, &post(&key, nth)).await;
    }
    world.expect_oracle().await;
    first.kill();
    while world
        .projections
        .states
        .progress(Topic::Messages)
        .await
        .expect("progress")
        .get(&0)
        .is_none_or(|progress| progress.next < 21)
    {
        world.project_some().await;
    }
    // Retries, edits, conflicts and deletions of all of them, and fresh posts between, all before the next decider starts.
    for nth in 1..=20 {
        append(&world, &post(&key, nth)).await;
        let message = MessageId(message_id(Timestamp(START_MS + i64::from(nth)), u128::from(nth)));
        let action = match nth % 3 {
            0 => Action::Delete { message },
            1 => Action::Edit(EditMessage { message, content: "other".into(), metadata: None }),
            _ => Action::Post(PostMessage {
                message,
                kind: MessageKind::Text,
                content: "conflict".into(),
                metadata: Metadata::default(),
                reply_to: None,
            }),
        };
        append(&world, &Command { action, ..post(&key, 100 + nth) }).await;
        let Action::Post(answer) = post(&key, 200 + nth).action else { unreachable!("it posts") };
        let action = Action::Post(PostMessage { reply_to: Some(message), ..answer });
        append(&world, &Command { action, ..post(&key, 200 + nth) }).await;
    }
    let states = Watched::new(&world.projections);
    let _second = world.decider_with(Config { state_bytes_max: 16 << 20, ..config() }, states.clone());
    world.expect_oracle().await;
    let (lookups, asked) = states.lookups();
    assert!(lookups < asked, "{lookups} lookups of {asked} states and facts");
}

/// A partition whose lookups never end holds up no other one, its own warm threads only until the timeout, and its cold
/// commands are answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_hangs_holds_up_its_partition_until_the_timeout_and_no_other() {
    const COMMANDS: u32 = 1_000;
    let world = World::new(1).await;
    let states = Watched::new(&world.projections);
    let config = Config {
        load_timeout: Duration::from_secs(5),
        state_bytes_max: 16 << 20,
        // So little that the stuck partition leaves the shared tail at once.
        read_ahead_records_max: 100,
        ..config()
    };
    let _decider = world.decider_with(config, states.clone());
    let (warm, cold, other) = (key_in(0, 0), key_in(0, 1), key_in(1, 0));
    for key in [&warm, &other] {
        append(&world, &creation(key)).await;
    }
    wait::until("both threads are warm", PATIENCE, async || {
        (event_count(&world, 0).await, event_count(&world, 1).await) == (1, 1)
    })
    .await;

    states.hang(Some(0));
    let began = Instant::now();
    let context = Context { reply_to: Some("edge/1".into()), ..Context::default() };
    let record = Thread::command_record(&creation(&cold), &context);
    world.log.append(Topic::MessagesCommands, record).await.expect("appended");
    for nth in 1..=COMMANDS {
        append(&world, &post(&warm, nth)).await;
    }
    for nth in 1..=100 {
        append(&world, &post(&other, nth)).await;
    }
    wait::until("the other partition goes on", PATIENCE, async || event_count(&world, 1).await == 101).await;
    let others = (began.elapsed(), event_count(&world, 0).await);
    assert!(others.0 < Duration::from_secs(5) && others.1 == 1, "the other partition waited: {others:?}");

    wait::until("its own warm thread goes on", PATIENCE, async || {
        event_count(&world, 0).await == 1 + COMMANDS as usize
    })
    .await;
    let mut answers = world.log.tail(Topic::Rejections, (0..PARTITIONS).map(|p| (p, Start::At(0))).collect());
    let answer = answers.next().await.expect("the log is there").records[0].clone();
    assert_eq!(answer.headers.text(header::REPLY_TO), Some("edge/1"));
    let refusal = Thread::read_refusal(&answer).expect("a refusal");
    assert!(matches!(refusal.reply, CommandReply::Unavailable { .. }), "{refusal:?}");

    // In order, nothing left out, nothing twice.
    let records = world.records(Topic::Messages).await;
    let seqs: Vec<u64> = records[&0].iter().map(|record| Thread::read_event(record).expect("an event").0.seq).collect();
    assert_eq!(seqs, (1..=1 + u64::from(COMMANDS)).collect::<Vec<_>>());

    states.hang(None);
    wait::until("the cold thread is there, asked for again and again as a client does", PATIENCE, async || {
        append(&world, &creation(&cold)).await;
        event_count(&world, 0).await == 2 + COMMANDS as usize
    })
    .await;
}
