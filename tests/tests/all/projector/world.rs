//! A log in memory beside real views, and projectors between them.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use threadline_domain::thread::Thread;
use threadline_domain::{Position, ReadMark, ThreadId, Topic, UserProfile};
use threadline_eventlog::codec::{self, Context};
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::{EventLog, LoggedAggregate, StoppedPartitions, partition_of};
use threadline_projector::Config;
use threadline_tests::database::Database;
use threadline_tests::projections::Projections;
use threadline_tests::wait::until;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::projections::{Script, at, user};

pub(crate) const PARTITIONS: u32 = 4;
const PEOPLE: [&str; 5] = ["ann", "bob", "cid", "dan", "eve"];
const PATIENCE: Duration = Duration::from_mins(1);

/// A log in memory beside real views.
pub(crate) struct World {
    pub(crate) log: MemoryLog,
    pub(crate) views: Projections,
    pub(crate) rng: StdRng,
    /// What its projectors stand still at.
    pub(crate) stopped: StoppedPartitions,
    scripts: Vec<Script>,
    threads: Vec<(usize, ThreadId, u64)>,
    pub(crate) database: Database,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        println!("seed {seed}");
        let database = Database::fresh().await;
        let views = Projections::fresh(&database).await;
        let scripts = (0..PARTITIONS).map(Script::new).collect();
        let rng = StdRng::seed_from_u64(seed);
        let stopped = StoppedPartitions::new();
        Self { log: MemoryLog::new(PARTITIONS), views, rng, stopped, scripts, threads: vec![], database }
    }

    /// Other, empty views of the same log, with the database that they are in.
    pub(crate) async fn elsewhere(&self) -> (Projections, Database) {
        let database = Database::fresh().await;
        (Projections::fresh(&database).await, database)
    }

    /// A projector in a task of its own; aborting the task kills it.
    pub(crate) fn projector(&self, views: &Projections, database: &Database) -> JoinHandle<()> {
        self.projector_on(Arc::new(self.log.clone()), views, database)
    }

    /// Likewise, with a way of its own into the log.
    pub(crate) fn projector_on(
        &self,
        log: Arc<dyn EventLog>,
        views: &Projections,
        database: &Database,
    ) -> JoinHandle<()> {
        let config = Config {
            batch_records_max: 7,
            transaction_interval: Duration::ZERO,
            rest_max: Duration::ZERO,
            retry_pause_first: Duration::from_millis(1),
            lag_interval: Duration::from_millis(100),
            registry_interval: Duration::from_millis(50),
            ..Config::default()
        };
        let (options, stopped) = (database.options(), self.stopped.clone());
        tokio::spawn(views.clone().run_projector(config, log, options, stopped, CancellationToken::new()))
    }

    /// A projector of the views of this world.
    pub(crate) fn start(&self) -> JoinHandle<()> {
        self.projector(&self.views, &self.database)
    }

    /// Waits until the views have all that is in the log.
    pub(crate) async fn caught_up(&self, views: &Projections) {
        for topic in [Topic::Messages, Topic::Reads, Topic::Users] {
            for (partition, end) in self.log.ends(topic).await.all().unwrap() {
                if let Some(offset) = end.checked_sub(1) {
                    views.conversations.wait_for(Position { topic, partition, offset }, PATIENCE).await.unwrap();
                    if topic == Topic::Messages {
                        until("the states have it too", PATIENCE, async || {
                            let progress = views.states.progress(topic).await.unwrap_or_default();
                            progress.get(&partition).is_some_and(|at| at.next >= end)
                        })
                        .await;
                    }
                }
            }
        }
    }

    /// Appends some of everything; one event in eight is appended again, now or later, as a crashed decider would.
    pub(crate) async fn happen(&mut self, count: usize) {
        for _ in 0..count {
            match self.rng.random_range(0..10) {
                0 if self.threads.len() < 12 => {
                    let id = self.threads.len();
                    let script = id % self.scripts.len();
                    let lies_there = |id: &u128| {
                        let thread = ThreadId(Uuid::from_u128(*id)).to_string();
                        partition_of(thread.as_bytes(), PARTITIONS) == script as u32
                    };
                    let candidates = (1..).map(|n| n * 100 + id as u128);
                    let thread_id = candidates.into_iter().find(lies_there).expect("some id falls there");
                    let thread = self.scripts[script].group(thread_id, &PEOPLE[..3]);
                    self.threads.push((script, thread, 0));
                    self.append_last(script).await;
                }
                1 | 2 if !self.threads.is_empty() => {
                    let (_, thread, number) = self.threads[self.rng.random_range(0..self.threads.len())];
                    let (user, number) = (user(self.person()), self.rng.random_range(0..number + 3));
                    let mark = ReadMark { thread, user, number, at: at(self.rng.random_range(0..1_000_000)) };
                    self.log.append(Topic::Reads, codec::read_mark_record(&mark)).await.unwrap();
                }
                3 => {
                    let name = format!("name {}", self.rng.random_range(0..100));
                    let profile = UserProfile { user: user(self.person()), name: Some(name.into()), at: at(0) };
                    self.log.append(Topic::Users, codec::user_record(&profile)).await.unwrap();
                }
                _ if !self.threads.is_empty() => self.chat().await,
                _ => {}
            }
        }
    }

    async fn chat(&mut self) {
        let index = self.rng.random_range(0..self.threads.len());
        let (script, thread, number) = &mut self.threads[index];
        let events = &mut self.scripts[*script];
        let (sender, of) = (PEOPLE[self.rng.random_range(0..3)], self.rng.random_range(0..(*number).max(1)) + 1);
        match self.rng.random_range(0..6) {
            0 if *number > 0 => events.edit(*thread, sender, of, "edited"),
            1 if *number > 0 => events.delete(*thread, sender, of),
            2 => events.add(*thread, sender, "dan"),
            3 => events.remove(*thread, sender, "dan"),
            _ => *number = events.post(*thread, sender, "hello"),
        }
        let script = *script;
        self.append_last(script).await;
    }

    async fn append_last(&mut self, script: usize) {
        let last = self.scripts[script].events.len() - 1;
        self.append(script, last).await;
        if self.rng.random_range(0..8) == 0 {
            // The same again, and sometimes one from long before.
            self.append(script, last).await;
            let earlier = self.rng.random_range(0..=last);
            self.append(script, earlier).await;
        }
    }

    async fn append(&self, script: usize, index: usize) {
        let script = &self.scripts[script];
        let event = &script.events[index];
        let record = Thread::event_record(&event.event, event.cause, &Context::default());
        self.log.append_to(Topic::Messages, script.partition, record).await.unwrap();
    }

    fn person(&mut self) -> &'static str {
        PEOPLE[self.rng.random_range(0..PEOPLE.len())]
    }

    /// How many events there are, every one counted once.
    pub(crate) fn events(&self) -> usize {
        self.scripts.iter().map(|script| script.events.len()).sum()
    }

    /// The views as one undisturbed run from the start makes them.
    pub(crate) async fn assert_as_undisturbed(&self) {
        let (views, database) = self.elsewhere().await;
        let projector = self.projector(&views, &database);
        self.caught_up(&views).await;
        let (expected, found) = (views.checksums().await, self.views.checksums().await);
        projector.abort();
        assert_eq!(found, expected);
        assert!(
            found["conversations.timeline"].starts_with(&format!("{}:", self.events())),
            "{} {}",
            found["conversations.timeline"],
            self.events()
        );
    }

    /// Throws all projections away and makes empty ones.
    pub(crate) async fn drop_views(&self) {
        self.views.drop_and_migrate().await;
    }
}
