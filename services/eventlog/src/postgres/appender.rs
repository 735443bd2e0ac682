//! Appends the records of a queue, a batch in one transaction and one round trip, on a connection of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use super::connect::{Backoff, bounded};
use super::epoch::Epoch;
use super::feed::Feeds;
use super::headers;
use super::queue::{Entry, Queue};
use super::wake::Wakes;
use crate::metrics;
use crate::{Error, Offset, Partition, Position, Record, Topic};

/// The interval of checking an idle connection, so that a lost one does not cost a batch.
const IDLE_CHECK_MS: u64 = 1_000;

const OFFSET_FLOORS: &str =
    "SELECT topic, partition, next_offset_min FROM threadline_log.partitions WHERE next_offset_min > 0";
const APPEND: &str = "SELECT bases, at_ms FROM threadline_log.append($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Appends until it is dropped. While Postgres is away, a record fails after `wait`.
pub(super) async fn run(
    options: PgConnectOptions,
    epoch: Arc<Epoch>,
    queue: Arc<Queue>,
    feeds: Arc<Feeds>,
    wakes: Arc<Wakes>,
    class: &'static str,
    wait: Duration,
) {
    let mut backoff = Backoff::new();
    loop {
        match enter(&options, &epoch, &feeds).await {
            Ok((connection, floors)) => {
                backoff.reset();
                serve(connection, &floors, &queue, &feeds, &wakes, class).await;
            }
            Err(error) => {
                tracing::warn!(%error, class, "failed to connect the appender of {class}: {error}; retrying");
                queue.fail_older_than(wait, &error);
            }
        }
        backoff.wait().await;
    }
}

/// The lowest offsets that partitions may give, where a crash or a failover made them skip some.
type OffsetFloors = BTreeMap<(i16, i32), i64>;

async fn enter(
    options: &PgConnectOptions,
    epoch: &Epoch,
    feeds: &Feeds,
) -> Result<(PgConnection, OffsetFloors), Error> {
    let mut connection = epoch.connect(options, feeds).await?;
    let floors: Vec<(i16, i32, i64)> = bounded(sqlx::query_as(OFFSET_FLOORS).fetch_all(&mut connection)).await?;
    let floors = floors.into_iter().map(|(topic, partition, min)| ((topic, partition), min)).collect();
    Ok((connection, floors))
}

async fn serve(
    mut connection: PgConnection,
    floors: &OffsetFloors,
    queue: &Queue,
    feeds: &Feeds,
    wakes: &Wakes,
    class: &'static str,
) {
    loop {
        let Ok(batch) = timeout(Duration::from_millis(IDLE_CHECK_MS), queue.next()).await else {
            if let Err(error) = bounded(connection.ping()).await {
                tracing::warn!(%error, class, "the appender of {class} lost its connection: {error}; connecting again");
                return;
            }
            continue;
        };
        let started = Instant::now();
        metrics::append_batch_records(class).record(batch.len() as f64);
        let batch = Batch::of(batch);
        match bounded(batch.write(&mut connection, floors)).await {
            Ok((bases, at_ms)) => batch.finish(&bases, at_ms, feeds, wakes),
            Err(error) => {
                tracing::warn!(
                    %error,
                    class,
                    batch.records = batch.entries.len(),
                    "failed to append {} records of {class}: {error}; their callers retry",
                    batch.entries.len()
                );
                queue.fail(batch.entries, &error);
                return;
            }
        }
        metrics::append_seconds(class).record(started.elapsed().as_secs_f64());
    }
}

/// Entries ordered by partition; within one, in call order.
struct Batch {
    entries: Vec<Entry>,
    /// Topic, partition, and how many of the entries belong to it.
    groups: Vec<(Topic, Partition, usize)>,
}

impl Batch {
    fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| (entry.topic.number(), entry.partition));
        let same = |a: &Entry, b: &Entry| (a.topic, a.partition) == (b.topic, b.partition);
        let groups = entries.chunk_by(same).map(|group| (group[0].topic, group[0].partition, group.len())).collect();
        Self { entries, groups }
    }

    async fn write(
        &self,
        connection: &mut PgConnection,
        floors: &OffsetFloors,
    ) -> Result<(Vec<i64>, i64), sqlx::Error> {
        let (mut topics, mut partitions, mut counts, mut mins) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut groups, mut ranks) = (Vec::new(), Vec::new());
        for (index, &(topic, partition, count)) in self.groups.iter().enumerate() {
            topics.push(topic.number());
            partitions.push(partition as i32);
            counts.push(count as i32);
            mins.push(floors.get(&(topic.number(), partition as i32)).copied().unwrap_or_default());
            groups.extend(std::iter::repeat_n(index as i32 + 1, count));
            ranks.extend(0..count as i32);
        }
        let records = || self.entries.iter().map(|entry| &entry.record);
        let headers: Vec<Vec<u8>> = records()
            .map(|record| {
                let mut bytes = Vec::new();
                headers::encode(&record.headers, &mut bytes);
                bytes
            })
            .collect();
        sqlx::query_as(APPEND)
            .bind(topics)
            .bind(partitions)
            .bind(counts)
            .bind(mins)
            .bind(groups)
            .bind(ranks)
            .bind(records().map(|record| record.key.as_ref()).collect::<Vec<&[u8]>>())
            .bind(records().map(|record| record.value.as_deref()).collect::<Vec<Option<&[u8]>>>())
            .bind(headers)
            .fetch_one(connection)
            .await
    }

    /// Feeds this process's tails, each topic at once, then resolves the callers' futures.
    fn finish(self, bases: &[i64], at_ms: i64, feeds: &Feeds, wakes: &Wakes) {
        let topics: BTreeSet<Topic> = self.groups.iter().map(|(topic, ..)| *topic).collect();
        let mut callers = Vec::with_capacity(self.entries.len());
        let mut entries = self.entries.into_iter();
        for ((topic, partition, count), &base) in self.groups.into_iter().zip(bases) {
            let base = base as Offset;
            let mut records = Vec::with_capacity(count);
            for (entry, offset) in entries.by_ref().take(count).zip(base..) {
                let (key, value, headers) = (entry.record.key, entry.record.value, entry.record.headers);
                records.push(Record { partition, offset, appended_at_ms: at_ms, key, value, headers });
                callers.push((entry.outcome, Position { topic, partition, offset }));
            }
            let gap = feeds[topic].appended(partition, records);
            wakes.appended(topic, partition, base + count as Offset, gap);
        }
        for topic in topics {
            feeds[topic].announce();
        }
        for (caller, position) in callers {
            let _ = caller.send(Ok(position));
        }
    }
}
