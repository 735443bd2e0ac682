//! The log in Postgres keeps the contract; and what only it promises.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Executor, PgConnection};
use threadline_eventlog::postgres::{Options, PostgresLog};
use threadline_eventlog::topics::Retention;
use threadline_eventlog::{EventLog, OwnershipChange, Position, Start, Topic, lease};
use threadline_tests::database::Database;
use threadline_tests::wait::until;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::owners::{Held, hold};
use super::{LogUnderTest, PATIENCE, append_all, every_check, numbered, numbers_of, tail_of, take};

pub(super) struct Postgres {
    database: Database,
    /// Appends of others that never come to an end.
    stuck: Mutex<Vec<PgConnection>>,
}

pub(super) async fn start() -> Option<Postgres> {
    Some(Postgres { database: Database::fresh().await, stuck: Mutex::default() })
}

impl Postgres {
    async fn open_with(&self, options: Options) -> Arc<PostgresLog> {
        Arc::new(PostgresLog::open(&self.database.options(), options).await.expect("the log opens"))
    }

    /// A connection of the test's own, past the log.
    pub(super) async fn connection(&self) -> PgConnection {
        self.database.options().connect().await.expect("the server answers")
    }

    fn options() -> Options {
        Options { partitions: Self::PARTITIONS, ..Options::default() }
    }
}

impl LogUnderTest for Postgres {
    type Process = PostgresLog;

    const TAKEOVER_MAX: Duration = Duration::from_secs(3);
    const PARTITIONS: u32 = 5;

    async fn open(&self) -> Arc<PostgresLog> {
        self.open_with(Self::options()).await
    }

    async fn kill(&self, process: &PostgresLog) {
        process.close();
    }

    async fn go_away(&self) {
        self.database.set_outage(true).await;
    }

    async fn come_back(&self) {
        self.database.set_outage(false).await;
    }

    async fn take_away(&self, topic: Topic) {
        let mut connection = self.connection().await;
        connection.execute("BEGIN").await.expect("begun");
        let locks = "SELECT pg_advisory_xact_lock(1953000545, ($1 << 16) | partition)
            FROM generate_series(0, $2 - 1) AS partition";
        let locks = sqlx::query(locks).bind(i32::from(topic.number())).bind(Self::PARTITIONS as i32);
        locks.execute(&mut connection).await.expect("locked");
        self.stuck.lock().expect("no test panicked with it").push(connection);
    }

    async fn expire(&self, topic: Topic) {
        let retention = BTreeMap::from([(topic, Retention::For(Duration::ZERO))]);
        let cleaner =
            self.open_with(Options { retention, clean_up_every: Duration::from_millis(20), ..Self::options() }).await;
        until("old records are taken away", PATIENCE, async || {
            cleaner.starts(topic).await.all().ok() == cleaner.ends(topic).await.all().ok()
        })
        .await;
    }
}

every_check!(super::start);

#[tokio::test]
async fn many_processes_make_one_log_at_once() {
    let log = start().await.expect("there is a server");
    let opened = futures_util::future::join_all((0..8).map(|_| log.open())).await;
    assert!(opened.iter().all(|process| process.id() == opened[0].id()));
    // One that was told another number of partitions keeps to the log's own.
    let other = log.open_with(Options { partitions: 3, ..Options::default() }).await;
    assert_eq!(other.partitions(Topic::Messages), Postgres::PARTITIONS);
}

/// As an older program left it, which did not know some topics.
#[tokio::test]
async fn a_log_made_with_fewer_topics_gets_the_new_ones() {
    let log = start().await.expect("there is a server");
    append_all(&*log.open().await, Topic::Messages, 0, 0..3).await;
    let mut connection = log.connection().await;
    for forget in
        ["DELETE FROM threadline_log.partitions WHERE topic > 4", "DELETE FROM threadline_log.topics WHERE topic > 4"]
    {
        connection.execute(forget).await.expect("forgotten");
    }
    connection.execute("DROP INDEX threadline_log.records_of_key_5").await.expect("dropped");
    let process = log.open().await;
    for topic in [Topic::Users, Topic::Disputes, Topic::PaymentsCommands] {
        assert_eq!(append_all(&*process, topic, 4, 0..1).await[0].offset, 0, "{topic}");
        assert_eq!(process.ends(topic).await.all().expect("the log answers").len(), 5, "{topic}");
    }
    assert_eq!(process.ends(Topic::Messages).await.all().expect("the log answers")[&0], 3, "what was there stays");
    let indexes: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'records_of_key_%'")
        .fetch_one(&mut connection)
        .await
        .expect("the server answers");
    assert_eq!(indexes, 2, "one for each compacted topic");
}

#[tokio::test]
async fn of_each_key_the_last_record_stays() {
    let log = start().await.expect("there is a server");
    let process = log.open().await;
    for number in 0..100 {
        process.append_to(Topic::Reads, 0, numbered(&format!("k{}", number % 7), number)).await.expect("appended");
    }
    let options = Options { clean_up_every: Duration::from_millis(20), ..Postgres::options() };
    let cleaner = log.open_with(options).await;
    until("superseded records are taken away", PATIENCE, async || {
        cleaner.starts(Topic::Reads).await.all().ok().and_then(|starts| starts.get(&0).copied()) == Some(93)
    })
    .await;
    // A second round finds what the first one kept.
    for number in 100..103 {
        process.append_to(Topic::Reads, 0, numbered(&format!("k{}", number % 7), number)).await.expect("appended");
    }
    let fresh = async || {
        let reader = log.open().await;
        numbers_of(&take(&mut tail_of(&*reader, Topic::Reads, 0, Start::At(0)), 7).await)
    };
    until("the second round", PATIENCE, async || fresh().await == (96..103).collect::<Vec<_>>()).await;
    assert_eq!(cleaner.ends(Topic::Reads).await.all().expect("the log answers")[&0], 103, "offsets stay");
}

/// A frozen process keeps its connections: the kernel answers for it.
#[tokio::test]
async fn a_frozen_owners_partitions_are_taken_over() {
    let database = Database::fresh().await;
    let frozen_on = database.options();
    let (freeze, frozen) = oneshot::channel();
    let (wake, woken) = std::sync::mpsc::channel();
    // A runtime of one thread, which waits: nothing on it moves.
    let member = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut ownership = lease::share(&frozen_on, "frozen", Postgres::PARTITIONS);
            hold(&mut Held::default(), &mut ownership, Postgres::PARTITIONS).await;
            freeze.send(()).expect("the test waits");
            woken.recv().expect("the test says when");
            timeout(PATIENCE, ownership.changed()).await.expect("it learns of it")
        })
    });
    frozen.await.expect("it owns everything");
    let started = Instant::now();
    let mut ownership = lease::share(&database.options(), "frozen", Postgres::PARTITIONS);
    hold(&mut Held::default(), &mut ownership, Postgres::PARTITIONS).await;
    println!("taken over after {} ms", started.elapsed().as_millis());
    wake.send(()).expect("it waits");
    let learned = member.join().expect("it goes on");
    assert!(matches!(&learned, Some(OwnershipChange::Lost(lost)) if lost.len() == 5), "{learned:?}");
}

/// The server forgets commands that it confirmed but had not written when it crashed. Their offsets are not used again,
/// so that nobody takes a new command for one already seen.
#[tokio::test]
async fn after_a_crash_offsets_leap() {
    let log = start().await.expect("there is a server");
    let process = log.open().await;
    append_all(&*process, Topic::MessagesCommands, 0, 0..10).await;
    append_all(&*process, Topic::Messages, 0, 0..10).await;
    let mut tail = tail_of(&*process, Topic::MessagesCommands, 0, Start::At(0));
    assert_eq!(numbers_of(&take(&mut tail, 10).await), (0..10).collect::<Vec<_>>());
    // What crash recovery does to an unlogged table, and to connections.
    log.connection().await.execute("TRUNCATE threadline_log.uptime").await.expect("truncated");
    log.database.disconnect_all().await;
    for round in 1..3 {
        let commands = append_until_there(&process, Topic::MessagesCommands, 0, 10 * round..10 * round + 10).await;
        assert!(commands[0].offset >= 1_000_000);
        assert_eq!(numbers_of(&take(&mut tail, 10).await), (10 * round..10 * round + 10).collect::<Vec<_>>());
    }
    let events = append_until_there(&process, Topic::Messages, 0, 10..11).await;
    assert_eq!(events[0].offset, 10, "events are durable");
    let ends = process.ends(Topic::DisputesCommands).await.all().expect("the log answers");
    assert!(ends.values().all(|end| *end == 0), "a leap alone is no record to wait for: {ends:?}");
}

/// A standby took over that lacks the last events; the same process goes on with it.
#[tokio::test]
async fn after_a_failover_that_lost_events_tails_go_on() {
    let log = start().await.expect("there is a server");
    let (writer, reader) = (log.open().await, log.open().await);
    let mut tails = [&writer, &reader].map(|process| tail_of(&**process, Topic::Messages, 0, Start::At(0)));
    append_all(&*writer, Topic::Messages, 0, 0..100).await;
    for tail in &mut tails {
        take(tail, 100).await;
    }
    let mut connection = log.connection().await;
    connection.execute("DELETE FROM threadline_log.records WHERE \"offset\" >= 60").await.expect("lost");
    connection.execute("UPDATE threadline_log.log SET server = 'the old one'").await.expect("another timeline");
    log.database.disconnect_all().await;
    let offsets: Vec<_> = append_until_there(&writer, Topic::Messages, 0, 200..203).await;
    assert!(offsets[0].offset > 100, "what was seen is not given to another record: {offsets:?}");
    for tail in &mut tails {
        assert_eq!(numbers_of(&take(tail, 3).await), [200, 201, 202]);
    }
    let fresh = take(&mut tail_of(&*reader, Topic::Messages, 0, Start::At(0)), 63).await;
    assert_eq!(numbers_of(&fresh), (0..60).chain(200..203).collect::<Vec<_>>());
}

/// One after the other, each again until it is there.
async fn append_until_there(
    log: &PostgresLog,
    topic: Topic,
    partition: u32,
    numbers: std::ops::Range<usize>,
) -> Vec<Position> {
    let mut positions = Vec::new();
    for number in numbers {
        until("the log takes records again", PATIENCE, async || {
            let appended = log.append_to(topic, partition, numbered("k", number)).await;
            positions.extend(appended.as_ref().ok());
            appended.is_ok()
        })
        .await;
    }
    positions
}

/// A snapshot that somebody holds open keeps every version of every row: an append must not leave any.
#[tokio::test]
async fn an_append_updates_no_row() {
    let log = start().await.expect("there is a server");
    let process = log.open().await;
    let mut connection = log.connection().await;
    let mut versions = async || -> Vec<String> {
        let rows = "SELECT (topic, partition, ctid, xmin)::text FROM threadline_log.partitions
            UNION ALL SELECT (topic, ctid, xmin)::text FROM threadline_log.topics
            UNION ALL SELECT (ctid, xmin)::text FROM threadline_log.log
            UNION ALL SELECT (ctid, xmin)::text FROM threadline_log.uptime ORDER BY 1";
        sqlx::query_scalar(rows).fetch_all(&mut connection).await.expect("the server answers")
    };
    append_all(&*process, Topic::Messages, 0, 0..1).await;
    let before = versions().await;
    for topic in Topic::ALL {
        append_all(&*process, topic, 0, 1..10).await;
        append_all(&*process, topic, 1, 1..10).await;
    }
    assert_eq!(versions().await, before);
}

/// Whatever the clock says: a step forward makes every record old.
#[tokio::test]
async fn commands_stay_until_they_are_decided() {
    let log = start().await.expect("there is a server");
    let process = log.open().await;
    append_all(&*process, Topic::MessagesCommands, 0, 0..100).await;
    append_all(&*process, Topic::MessagesCommands, 1, 0..100).await;
    append_all(&*process, Topic::Rejections, 0, 0..100).await;
    let mut owner = process.own(Topic::MessagesCommands, "g");
    hold(&mut Held::default(), &mut owner, Postgres::PARTITIONS).await;
    owner.commit(0, 40);
    let retention = [Topic::MessagesCommands, Topic::Rejections].map(|topic| (topic, Retention::For(Duration::ZERO)));
    let options =
        Options { retention: retention.into(), clean_up_every: Duration::from_millis(20), ..Postgres::options() };
    let cleaner = log.open_with(options).await;
    let start_of = async |topic, partition| cleaner.starts(topic).await.all().expect("the log answers")[&partition];
    until("what is decided is taken away", PATIENCE, async || start_of(Topic::MessagesCommands, 0).await >= 40).await;
    // What waits for nobody goes by the clock alone; by then the other partitions had their turn.
    append_all(&*process, Topic::Rejections, 0, 100..101).await;
    until("answers are taken away", PATIENCE, async || start_of(Topic::Rejections, 0).await == 101).await;
    assert_eq!((start_of(Topic::MessagesCommands, 0).await, start_of(Topic::MessagesCommands, 1).await), (40, 0));
    owner.commit(0, 100);
    until("the rest is taken away", PATIENCE, async || start_of(Topic::MessagesCommands, 0).await == 100).await;
    assert_eq!(append_all(&*process, Topic::MessagesCommands, 0, 100..101).await[0].offset, 100, "offsets go on");
}
