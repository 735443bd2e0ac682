//! A process's handle of the log in Postgres.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use threadline_domain::topic::Durability;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::connect::{self, bounded};
use super::epoch::Epoch;
use super::feed::{Feed, Feeds};
use super::options::Options;
use super::ownership::Group;
use super::queue::Queue;
use super::wake::{self, Outgoing, Wakes};
use super::{appender, bounds, migrate, reader, retention, signal, tail};
use crate::class::{AppendClass, ByClass};
use crate::tail::tail_channel;
use crate::{
    Appending, Error, EventLog, NewRecord, Offset, Ownership, Partition, PartitionOffsets, Position, Record, Start,
    Tail, Topic, partition_of,
};

/// A process's handle of the log in Postgres. When it is dropped, its tails and ownerships end.
///
/// ```text
/// append ─▶ queue of its class ─▶ appender: one transaction a batch ─▶ feed: rings in memory ─▶ tails of this process
///                                        └─ NOTIFY ─▶ reader of every other process ─▶ its feed ─▶ its tails
/// ```
///
/// During an outage appends wait up to 2 s and then fail with [`Error::Unavailable`]; tails and ownerships reconnect by
/// themselves.
#[derive(Debug)]
pub struct PostgresLog {
    id: String,
    partitions: u32,
    process: u64,
    database: PgConnectOptions,
    pool: PgPool,
    queues: ByClass<Arc<Queue>>,
    epoch: Arc<Epoch>,
    feeds: Arc<Feeds>,
    wakes: Arc<Wakes>,
    signals: mpsc::Sender<Outgoing>,
    signals_sent: AtomicU64,
    closing: CancellationToken,
}

impl PostgresLog {
    /// Creates or updates the schema and the log in it; many processes may do so at once.
    pub async fn migrate(database: &PgConnectOptions, options: &Options) -> Result<(), Error> {
        migrate::migrate(database, options.partitions).await.map(|_| ())
    }

    /// Opens the log in this database, [migrating](Self::migrate) it first. Call it within a Tokio runtime.
    pub async fn open(database: &PgConnectOptions, options: Options) -> Result<Self, Error> {
        let identity = migrate::migrate(database, options.partitions).await?;
        let connection = connect::options(database, Durability::Relaxed);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.connection_wait)
            .connect_lazy_with(connection.clone());

        let mut first = connect::connect(&connection).await?;
        let epoch = Epoch::begin(&mut first).await?;
        let ends =
            bounded(bounds::all_ends(&mut first)).await?.map(|(topic, partition, end)| ((topic, partition), end));
        let ends: BTreeMap<(Topic, Partition), Offset> = ends.collect();
        let feeds = Feeds::from_fn(|topic| {
            let end = |partition| ends.get(&(topic, partition)).copied().unwrap_or_default();
            Arc::new(Feed::new((0..identity.partitions).map(end), &options))
        });
        let (signals, signals_out) = mpsc::channel(wake::SIGNALS_MAX);
        let log = Self {
            id: identity.id.to_string(),
            partitions: identity.partitions,
            process: identity.process,
            database: database.clone(),
            pool,
            queues: ByClass::from_fn(|_| Arc::new(Queue::new(&options))),
            epoch: Arc::new(epoch),
            feeds: Arc::new(feeds),
            wakes: Arc::new(Wakes::new()),
            signals,
            signals_sent: AtomicU64::new(0),
            closing: CancellationToken::new(),
        };
        log.start(connection, signals_out, options);
        Ok(log)
    }

    fn start(&self, connection: PgConnectOptions, signals: mpsc::Receiver<Outgoing>, options: Options) {
        let (feeds, wakes) = (|| Arc::clone(&self.feeds), || Arc::clone(&self.wakes));
        for (class, queue) in self.queues.iter().filter(|(class, _)| *class != AppendClass::Signals) {
            let database = connect::options(&self.database, class.durability());
            self.spawn(appender::run(
                database,
                Arc::clone(&self.epoch),
                Arc::clone(queue),
                feeds(),
                wakes(),
                class.name(),
                options.append_wait,
            ));
        }
        self.spawn(reader::run(connection.clone(), Arc::clone(&self.epoch), self.process, feeds(), wakes()));
        self.spawn(reader::listen(self.pool.clone(), self.process, feeds(), wakes()));
        self.spawn(wake::run(connection, wakes(), signals));
        self.spawn(retention::run(self.pool.clone(), options.clean_up_every, options.retention));
    }

    /// Runs a task until it ends or the log is closed.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = work => {}
            }
        });
    }

    /// Stops at once: tails and ownerships end, and records that are being appended may be in the log or not.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Reads a topic's offsets from the tables, or from the ring where the topic is in no table.
    async fn bounds(
        &self,
        topic: Topic,
        query: &'static str,
        in_memory: impl Fn((Offset, Offset)) -> Offset,
    ) -> PartitionOffsets {
        if !topic.is_stored() {
            let feed = &self.feeds[topic];
            return PartitionOffsets::from_known(
                (0..self.partitions).map(|partition| (partition, in_memory(feed.bounds(partition)))).collect(),
            );
        }
        match bounds::of(&self.pool, query, topic).await {
            Ok(offsets) => PartitionOffsets::from_known(offsets),
            Err(error) => PartitionOffsets::from_away(0..self.partitions, &error),
        }
    }

    fn signal(&self, partition: Partition, record: NewRecord) -> Appending {
        let serial = self.signals_sent.fetch_add(1, Ordering::Relaxed);
        let payload = match signal::encode(self.process, serial, partition, &record) {
            Ok(payload) => payload,
            Err(error) => return Appending::failed(error),
        };
        let at_ms = signal::now_ms();
        let offset = self.feeds[Topic::Signals].deliver(partition, |offset| {
            let NewRecord { key, value, headers } = record;
            Record { partition, offset, appended_at_ms: at_ms, key, value, headers }
        });
        let position = Position { topic: Topic::Signals, partition, offset };
        if self.wakes.is_alone() {
            return Appending::new(std::future::ready(Ok(position)));
        }
        let (sent, confirmed) = oneshot::channel();
        if self.signals.try_send(Outgoing { payload, sent }).is_err() {
            return Appending::failed(Error::Full);
        }
        Appending::new(async move {
            match confirmed.await {
                Ok(sent) => sent.map(|()| position),
                Err(_) => Err(Error::Unavailable("the log was shut down".into())),
            }
        })
    }
}

impl Drop for PostgresLog {
    fn drop(&mut self) {
        self.close();
    }
}

impl EventLog for PostgresLog {
    fn partitions(&self, _topic: Topic) -> u32 {
        self.partitions
    }

    fn append(&self, topic: Topic, record: NewRecord) -> Appending {
        let partition = partition_of(&record.key, self.partitions);
        self.append_to(topic, partition, record)
    }

    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        if partition >= self.partitions {
            return Appending::failed(Error::Misconfigured(format!("{topic} has no partition {partition}").into()));
        }
        if self.closing.is_cancelled() {
            return Appending::failed(Error::Unavailable("the log was shut down".into()));
        }
        if topic.is_stored() {
            self.queues.of(topic).push(topic, partition, record)
        } else {
            self.signal(partition, record)
        }
    }

    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        let feed = &self.feeds[topic];
        let member = feed.join();
        let offset_of = |(partition, start)| match start {
            Start::At(offset) => (partition, offset),
            Start::End => (partition, feed.end(partition)),
        };
        let next = from.into_iter().map(offset_of).collect();
        let (batches, tail) = tail_channel();
        self.spawn(tail::follow(self.pool.clone(), topic, member, next, batches));
        tail
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        Box::pin(self.bounds(topic, bounds::ENDS, |(_, next)| next))
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        Box::pin(self.bounds(topic, bounds::STARTS, |(first, _)| first))
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        let group = Group {
            pool: self.pool.clone(),
            database: self.database.clone(),
            topic,
            name: group.to_owned(),
            partitions: self.partitions,
        };
        let (ownership, work) = group.join();
        self.spawn(work);
        ownership
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { bounded(sqlx::query("SELECT 1").execute(&self.pool)).await.map(|_| ()) })
    }

    fn id(&self) -> String {
        self.id.clone()
    }
}
