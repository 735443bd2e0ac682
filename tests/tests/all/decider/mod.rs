//! The decider under faults, against an oracle: the same commands, decided one after the other by the pure rules.
//!
//! Whatever is killed, replaced, doubled or left unconfirmed, what consumers take from `messages` (dropping events whose
//! cause is not above the last) is what the oracle says, event by event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use threadline_decider::{Config, States};
use threadline_domain::thread::{
    Action, Command, CreateThread, EditMessage, Event, Kind, MessageKind, PostMessage, Role, Thread,
};
use threadline_domain::{
    Aggregate, Decision, MessageId, Metadata, Offset, Partition, ThreadId, Timestamp, Topic, UserId,
};
use threadline_eventlog::codec::{self, Context};
use threadline_eventlog::memory::{Fate, MemoryLog};
use threadline_eventlog::topics::RECORD_BYTES_MAX;
use threadline_eventlog::{
    EventLog, Headers, LoggedAggregate, NewRecord, Record, Start, StoppedPartitions, partition_of,
};
use threadline_projections::{Progress, Recorded};
use threadline_tests::database::Database;
use threadline_tests::projections::Projections;
use threadline_tests::wait;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PARTITIONS: u32 = 3;
const START_MS: i64 = 1_700_000_000_000;
const PEOPLE: [&str; 4] = ["ann", "bob", "cyd", "dee"];
const PATIENCE: Duration = Duration::from_mins(2);

mod lookups;
mod oracle;
mod states;
mod unreadable;

/// A log in memory beside real projections.
struct World {
    log: MemoryLog,
    projections: Projections,
    rng: StdRng,
    commands: u64,
    messages: Vec<(ThreadId, PostMessage, UserId)>,
    // Last: the database goes when nobody is connected any more.
    _database: Database,
}

impl World {
    async fn new(seed: u64) -> Self {
        println!("seed {seed}");
        let database = Database::fresh().await;
        let projections = Projections::fresh(&database).await;
        let rng = StdRng::seed_from_u64(seed);
        Self {
            log: MemoryLog::new(PARTITIONS),
            projections,
            rng,
            commands: 0,
            messages: Vec::new(),
            _database: database,
        }
    }

    /// A decider in a process of its own; with another group it owns every partition, whoever else does.
    fn decider(&self, group: &str) -> MemoryLog {
        self.decider_with(Config { group: group.into(), ..config() }, self.projections.states.clone()).process
    }

    fn decider_with(&self, config: Config, states: impl States<Thread>) -> Decider {
        let process = self.log.process();
        let log: Arc<dyn EventLog> = Arc::new(process.clone());
        let (stopped, shutdown) = (StoppedPartitions::new(), CancellationToken::new());
        let running = threadline_decider::run::<Thread, _>(config, log, states, stopped.clone(), shutdown.clone());
        tokio::spawn(running);
        Decider { process, stopped }
    }

    /// Appends some commands as several edges would: new ones, retries, conflicts, and ones that must be refused.
    async fn ask(&mut self, count: usize) {
        for _ in 0..count {
            let command = self.command();
            self.log
                .append(Topic::MessagesCommands, Thread::command_record(&command, &Context::default()))
                .await
                .expect("appended");
        }
    }

    fn command(&mut self) -> Command {
        self.commands += 1;
        let at = Timestamp(START_MS + self.commands as i64);
        let key = format!("room {}", self.rng.random_range(0..5));
        let thread = ThreadId::of_key(&key);
        let mut person = || UserId::new(PEOPLE[self.rng.random_range(0..PEOPLE.len())]).expect("a user id");
        let (actor, other) = (person(), person());
        let known = (!self.messages.is_empty()).then(|| self.rng.random_range(0..self.messages.len()));
        let (actor, thread, action) = match (self.rng.random_range(0..20), known) {
            (0..2, _) => {
                let participants = PEOPLE[..3].iter().map(|id| UserId::new(id).expect("a user id")).collect();
                let (key, title, metadata) = (Some(key.into()), None, Metadata::default());
                (actor, thread, Action::Create(CreateThread { kind: Kind::Group, key, title, metadata, participants }))
            }
            (2, _) => (actor, thread, Action::AddMember { user: other, role: Role::Member }),
            (3, _) => (actor, thread, Action::RemoveMember { user: other }),
            (4..7, Some(known)) => {
                let (thread, post, sender) = self.messages[known].clone();
                (sender, thread, Action::Post(post))
            }
            (7, Some(known)) => {
                let (thread, mut post, sender) = self.messages[known].clone();
                post.content = "something else".into();
                (sender, thread, Action::Post(post))
            }
            (8, Some(known)) => {
                let (thread, post, sender) = self.messages[known].clone();
                let content = format!("edited {}", self.commands).into();
                (sender, thread, Action::Edit(EditMessage { message: post.message, content, metadata: None }))
            }
            (9, Some(known)) => {
                let (thread, post, sender) = self.messages[known].clone();
                (sender, thread, Action::Delete { message: post.message })
            }
            _ => {
                let message = MessageId(message_id(at, self.rng.random()));
                let content = format!("message {}", self.commands).into();
                let (kind, metadata) = (MessageKind::Text, Metadata::default());
                let post = PostMessage { message, kind, content, metadata, reply_to: None };
                self.messages.push((thread, post.clone(), actor.clone()));
                (actor, thread, Action::Post(post))
            }
        };
        Command { thread, actor: actor.into(), at, action }
    }

    /// Brings the projections up to some place in each partition, as a projector that lags would.
    async fn project_some(&mut self) {
        let events = effective(&self.records(Topic::Messages).await);
        for (partition, events) in events {
            let from = self
                .projections
                .states
                .progress(Topic::Messages)
                .await
                .expect("progress")
                .get(&partition)
                .copied()
                .unwrap_or_default();
            let until = self.rng.random_range(0..=events.len());
            let batch: Vec<Recorded> =
                events.into_iter().take(until).filter(|event| event.offset >= from.next).collect();
            let Some(last) = batch.last() else { continue };
            let to = Progress { next: last.offset + 1, cause: Some(last.cause) };
            self.projections.project_events(partition, from, to, &batch).await.expect("the batch is applied");
        }
    }

    async fn records(&self, topic: Topic) -> BTreeMap<Partition, Vec<Record>> {
        let ends = self.log.ends(topic).await.all().expect("ends");
        let mut tail = self.log.tail(topic, ends.keys().map(|&partition| (partition, Start::At(0))).collect());
        let mut records: BTreeMap<Partition, Vec<Record>> = BTreeMap::new();
        while ends.iter().any(|(partition, &end)| records.get(partition).map_or(0, |all| all.len() as u64) < end) {
            let batch = tail.next().await.expect("the log is there");
            records.entry(batch.partition).or_default().extend(batch.records.iter().cloned());
        }
        records
    }

    /// What the rules say, without any log, process or crash.
    async fn oracle(&self) -> BTreeMap<Partition, Vec<(Offset, Event)>> {
        let mut states: BTreeMap<ThreadId, Thread> = BTreeMap::new();
        let mut all = BTreeMap::new();
        for (partition, commands) in self.records(Topic::MessagesCommands).await {
            let events: &mut Vec<(Offset, Event)> = all.entry(partition).or_default();
            for record in commands {
                let command = Thread::read_command(&record).expect("a command");
                let state = states.entry(command.thread).or_default();
                if let Decision::Event(event) = Thread::decide(state, &command) {
                    Thread::evolve(state, &event);
                    events.push((record.offset, event));
                }
            }
        }
        all.retain(|_, events| !events.is_empty());
        all
    }

    /// Waits until the deciders have written what the oracle says, and nothing else.
    async fn expect_oracle(&self) {
        let expected = self.oracle().await;
        wait::until("the deciders write all events", PATIENCE, async || {
            let found: BTreeMap<Partition, Vec<(Offset, Event)>> = effective(&self.records(Topic::Messages).await)
                .into_iter()
                .map(|(partition, events)| (partition, events.into_iter().map(|e| (e.cause, e.event)).collect()))
                .collect();
            for (partition, events) in &found {
                let expected = expected.get(partition).map(Vec::as_slice).unwrap_or_default();
                let differs = expected.iter().zip(events).find(|(expected, found)| expected != found);
                assert_eq!(differs, None, "partition {partition} took another way (expected, found)");
                assert!(events.len() <= expected.len(), "partition {partition} has events that nobody asked for");
            }
            found == expected
        })
        .await;
    }
}

/// A decider that runs until its process is killed.
struct Decider {
    process: MemoryLog,
    stopped: StoppedPartitions,
}

/// Settings that forget and wait as little as possible.
fn config() -> Config {
    Config {
        group: "deciders".into(),
        // So little that threads are forgotten and loaded again all the time.
        state_bytes_max: 4_096,
        // A machine under load answers late; a refusal for that would be a decision of its own.
        load_timeout: PATIENCE,
        read_back_timeout: PATIENCE,
        retry_pause: Duration::from_millis(5),
        stopped_pause: Duration::from_millis(5),
        ..Config::default()
    }
}

/// The key of some thread that lies in this partition; each `nth` is another one.
fn key_in(partition: Partition, nth: usize) -> String {
    let keys = (0..).map(|n| format!("key {n}"));
    let lies_there = |key: &String| partition_of(ThreadId::of_key(key).to_string().as_bytes(), PARTITIONS) == partition;
    keys.filter(lies_there).nth(nth).expect("some key falls there")
}

/// Ann's command that makes the thread with this key.
fn creation(key: &str) -> Command {
    let (thread, title, metadata) = (ThreadId::of_key(key), None, Metadata::default());
    let create = CreateThread { kind: Kind::Group, key: Some(key.into()), title, metadata, participants: Vec::new() };
    let actor = UserId::new("ann").expect("a user id").into();
    Command { thread, actor, at: Timestamp(START_MS), action: Action::Create(create) }
}

/// Ann's nth message in the thread with this key.
fn post(key: &str, nth: u32) -> Command {
    let at = Timestamp(START_MS + i64::from(nth));
    let (kind, metadata) = (MessageKind::Text, Metadata::default());
    let message = MessageId(message_id(at, u128::from(nth)));
    let post = PostMessage { message, kind, content: format!("message {nth}").into(), metadata, reply_to: None };
    Command { action: Action::Post(post), at, ..creation(key) }
}

/// What every consumer takes: events whose cause is above the last one's.
fn effective(records: &BTreeMap<Partition, Vec<Record>>) -> BTreeMap<Partition, Vec<Recorded>> {
    let mut all = BTreeMap::new();
    for (&partition, records) in records {
        let mut last = None;
        for record in records {
            let (event, cause) = Thread::read_event(record).expect("an event");
            if Some(cause) > last {
                last = Some(cause);
                let value = record.value.clone().expect("an event has a value");
                let recorded = Recorded { offset: record.offset, cause, value, event };
                all.entry(partition).or_insert_with(Vec::new).push(recorded);
            }
        }
    }
    all
}

fn message_id(at: Timestamp, random: u128) -> Uuid {
    let time = (at.millis() as u128) << 80;
    let random = random & 0x0fff_3fff_ffff_ffff_ffff;
    Uuid::from_u128(time | 0x7 << 76 | 0x8 << 60 | random)
}

fn seeds() -> Vec<u64> {
    match std::env::var("THREADLINE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (1..=4).collect(),
    }
}
