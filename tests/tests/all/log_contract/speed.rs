//! How fast a log is: figures, not checks. Run with `--ignored --nocapture`, in a release build for figures that count.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sqlx::Executor;
use threadline_eventlog::{EventLog, Headers, NewRecord, Start, Topic};

use super::{LogUnderTest, next};

/// Bytes of a record's value: about those of a message.
const VALUE_BYTES: usize = 220;

fn record(key: usize) -> NewRecord {
    NewRecord { key: key.to_string().into(), value: Some(Bytes::from(vec![7; VALUE_BYTES])), headers: Headers::new() }
}

/// Append → tail, of one process or from one to another: latency at a steady rate, then records a second.
pub(super) async fn measure<L: LogUnderTest>(name: &str, log: &L, topic: Topic) {
    let (one, other) = (log.open().await, log.open().await);
    for rate in [50, 1_000] {
        latency(&format!("{name} {topic}, to another process"), &one, &other, topic, rate).await;
    }
    drop(other);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for rate in [50, 1_000] {
        latency(&format!("{name} {topic}, within a process"), &one, &one, topic, rate).await;
    }
    throughput(name, &one, topic).await;
}

async fn latency<P: EventLog>(name: &str, writer: &Arc<P>, reader: &Arc<P>, topic: Topic, per_second: u32) {
    let count = (per_second * 4).max(200) as usize;
    let starts = reader.ends(topic).await.all().expect("the log answers").into_iter();
    let mut tail = reader.tail(topic, starts.map(|(partition, end)| (partition, Start::At(end))).collect());
    let (sent, mut times) = tokio::sync::mpsc::unbounded_channel();
    let writer = Arc::clone(writer);
    let sending = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
        for number in 0..count {
            ticks.tick().await;
            // Not the tick's own time: timers are good to a millisecond only, and nothing here waits for an answer.
            let called = Instant::now();
            let appending = writer.append(topic, record(number));
            let sent = sent.clone();
            tokio::spawn(async move {
                let position = appending.await.expect("appended");
                let _ = sent.send((position, called));
            });
        }
    });
    let mut arrived = std::collections::HashMap::new();
    while arrived.len() < count {
        let batch = next(&mut tail).await;
        let now = Instant::now();
        arrived.extend(batch.records.iter().map(|record| ((record.partition, record.offset), now)));
    }
    sending.await.expect("all are sent");
    let mut waits = Vec::new();
    for _ in 0..count {
        let (position, called) = times.recv().await.expect("each was sent");
        waits.push(arrived[&(position.partition, position.offset)].saturating_duration_since(called));
    }
    waits.sort_unstable();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!("{name}: {per_second}/s: p50 {:.2} ms, p99 {:.2} ms", at(50), at(99));
}

async fn throughput<P: EventLog>(name: &str, log: &Arc<P>, topic: Topic) {
    const RECORDS: usize = 100_000;
    const AHEAD: usize = 5_000;
    let starts = log.ends(topic).await.all().expect("the log answers").into_iter();
    let mut tail = log.tail(topic, starts.map(|(partition, end)| (partition, Start::At(end))).collect());
    let started = Instant::now();
    let writer = Arc::clone(log);
    tokio::spawn(async move {
        let mut pending = std::collections::VecDeque::new();
        for number in 0..RECORDS {
            if pending.len() == AHEAD {
                let oldest: Option<threadline_eventlog::Appending> = pending.pop_front();
                if let Some(oldest) = oldest {
                    oldest.await.expect("appended");
                }
            }
            pending.push_back(writer.append(topic, record(number)));
        }
    });
    let mut seen = 0;
    while seen < RECORDS {
        seen += next(&mut tail).await.records.len();
    }
    println!("{name} {topic}: {:.0} records/s", RECORDS as f64 / started.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn of_postgres() {
    for topic in [Topic::Messages, Topic::MessagesCommands] {
        let log = super::postgres::start().await.expect("there is a server");
        measure("postgres", &log, topic).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn of_kafka() {
    if let Some(log) = super::kafka::start().await {
        measure("kafka", &log, Topic::Messages).await;
    }
}

/// A8: appends while somebody holds a snapshot open, such as a `pg_dump` or an idle `psql`, and without one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn of_postgres_with_a_snapshot_held_open() {
    for held in [false, true] {
        let log = super::postgres::start().await.expect("there is a server");
        let process = log.open().await;
        append_steadily(&process, Duration::from_secs(2)).await;
        let mut holder = log.connection().await;
        if held {
            holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("begun");
            holder.execute("SELECT count(*) FROM threadline_log.records").await.expect("a snapshot is taken");
        }
        for second in (10..=90).step_by(10) {
            let (p50, p99, count) = append_steadily(&process, Duration::from_secs(10)).await;
            println!(
                "postgres, snapshot held: {held}, {second:>2} s: p50 {p50:.2} ms, p99 {p99:.2} ms, {count} appends"
            );
        }
    }
}

/// Appends of 4 callers, each waiting for its own: p50 and p99 in milliseconds, and how many.
async fn append_steadily<P: EventLog>(log: &Arc<P>, time: Duration) -> (f64, f64, usize) {
    let until = Instant::now() + time;
    let caller = |caller: usize| {
        let log = Arc::clone(log);
        async move {
            let mut waits = Vec::new();
            while Instant::now() < until {
                let called = Instant::now();
                log.append(Topic::Messages, record(waits.len() * 4 + caller)).await.expect("appended");
                waits.push(called.elapsed());
            }
            waits
        }
    };
    let mut waits: Vec<Duration> = futures_util::future::join_all((0..4).map(caller)).await.concat();
    waits.sort_unstable();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1e3;
    (at(50), at(99), waits.len())
}
