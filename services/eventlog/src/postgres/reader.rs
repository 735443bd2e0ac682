//! Reads other processes' records into this process's rings: woken by NOTIFY, and by its own timer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{PgConnection, PgPool};
use tokio::time::MissedTickBehavior;

use super::connect::{Backoff, bounded};
use super::epoch::Epoch;
use super::feed::Feeds;
use super::presence::is_alone;
use super::wake::{RECORDS_CHANNEL, SIGNALS_CHANNEL, Wakes, ends_of};
use super::{bounds, rows, signal};
use crate::class::AppendClass;
use crate::{Error, Record, Topic};

/// The interval at which the reader looks at the server by itself.
const GLANCE_MS: u64 = 250;
/// How long the reader looks for records of other processes after the server has written last. Longer than a commit may
/// take from its last byte until others see its records.
const LOOK_MS: u64 = 6_000;

/// The lock that the reader of every process on this log holds, shared.
const PRESENCE: (i32, i32) = (0x7468_6c67, 0);

const JOIN: &str = "SELECT pg_advisory_lock_shared($1, $2), pg_notify($3, $4)";

/// Reads how far the server has written, and whether no other process is on this log. Costs the same whatever the
/// number of topics and locks.
const GLANCE: &str = concat!("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint, ", is_alone!());

/// Reads until it is dropped.
pub(super) async fn run(
    options: PgConnectOptions,
    epoch: Arc<Epoch>,
    process: u64,
    feeds: Arc<Feeds>,
    wakes: Arc<Wakes>,
) {
    let mut backoff = Backoff::new();
    loop {
        let lost = match epoch.connect(&options, &feeds).await {
            Ok(connection) => {
                backoff.reset();
                match serve(connection, process, &feeds, &wakes).await {
                    Ok(never) => match never {},
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        tracing::warn!(error = %lost, "the log's reader lost its connection: {lost}; connecting again");
        backoff.wait().await;
    }
}

async fn serve(
    mut connection: PgConnection,
    process: u64,
    feeds: &Feeds,
    wakes: &Wakes,
) -> Result<std::convert::Infallible, Error> {
    let join = sqlx::query(JOIN).bind(PRESENCE.0).bind(PRESENCE.1).bind(RECORDS_CHANNEL).bind(hello(process));
    bounded(join.execute(&mut connection)).await?;
    let mut glances = tokio::time::interval(Duration::from_millis(GLANCE_MS));
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut server = Server { written: None, alone: false, looks_until: Instant::now() };
    loop {
        tokio::select! {
            _ = glances.tick() => {
                if server.glance(&mut connection, wakes).await? {
                    for (topic, partition, end) in bounded(bounds::all_ends(&mut connection)).await? {
                        feeds[topic].learn(partition, end);
                    }
                }
            }
            () = wakes.read_wanted() => {}
        }
        fill(&mut connection, feeds).await?;
    }
}

/// The result of the last look at the server.
struct Server {
    /// How far the server had written.
    written: Option<i64>,
    /// Whether no other process was on the log.
    alone: bool,
    /// Until when records of other processes may still become visible.
    looks_until: Instant,
}

impl Server {
    /// Looks at the server. Returns `true` when other processes may have appended since the last look: never while this
    /// process is alone or the server writes nothing, so an idle log costs nothing.
    async fn glance(&mut self, connection: &mut PgConnection, wakes: &Wakes) -> Result<bool, Error> {
        let glance = sqlx::query_as(GLANCE).bind(PRESENCE.0).bind(PRESENCE.1);
        let (written, alone): (i64, bool) = bounded(glance.fetch_one(connection)).await?;
        wakes.set_alone(alone);
        // A process that was there at the last look may have appended and left.
        let is_first = self.written.is_none();
        let others_wrote = self.written != Some(written) && !(alone && self.alone);
        if is_first || others_wrote {
            self.looks_until = Instant::now() + Duration::from_millis(LOOK_MS);
        }
        (self.written, self.alone) = (Some(written), alone);
        Ok(Instant::now() < self.looks_until)
    }
}

/// Reads until nothing is missing. Each turn reads the events, commands and replies, and then one page of one topic of
/// facts, so that a flood of facts delays the others by one page at most.
async fn fill(connection: &mut PgConnection, feeds: &Feeds) -> Result<(), Error> {
    let is_fact = |topic: &Topic| AppendClass::of(*topic) == AppendClass::Facts;
    let mut facts = Topic::ALL.into_iter().filter(is_fact).cycle();
    let facts_count = Topic::ALL.into_iter().filter(is_fact).count();
    loop {
        let mut is_complete = true;
        for topic in Topic::ALL.into_iter().filter(|topic| !is_fact(topic)) {
            is_complete &= !read(connection, feeds, topic).await?;
        }
        for topic in facts.by_ref().take(facts_count) {
            if read(connection, feeds, topic).await? {
                is_complete = false;
                break;
            }
        }
        if is_complete {
            return Ok(());
        }
    }
}

/// Reads a page of each partition of the topic that misses records; `false` when none does.
async fn read(connection: &mut PgConnection, feeds: &Feeds, topic: Topic) -> Result<bool, Error> {
    let gaps = feeds[topic].gaps();
    if gaps.is_empty() {
        return Ok(false);
    }
    for (gap, records) in bounded(rows::read(connection, topic, &gaps)).await? {
        feeds[topic].fill(gap, records);
    }
    Ok(true)
}

/// Listens to other processes until it is dropped.
pub(super) async fn listen(pool: PgPool, process: u64, feeds: Arc<Feeds>, wakes: Arc<Wakes>) {
    let mut backoff = Backoff::new();
    loop {
        let Err(error) = hear(&pool, process, &feeds, &wakes, &mut backoff).await;
        tracing::warn!(%error, "the log's listener lost its connection: {error}; connecting again");
        backoff.wait().await;
    }
}

async fn hear(
    pool: &PgPool,
    process: u64,
    feeds: &Feeds,
    wakes: &Wakes,
    backoff: &mut Backoff,
) -> Result<std::convert::Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all([RECORDS_CHANNEL, SIGNALS_CHANNEL]).await?;
    backoff.reset();
    let myself = hello(process);
    loop {
        let notification = listener.recv().await?;
        let payload = notification.payload();
        if notification.channel() == SIGNALS_CHANNEL {
            if let Some((_, partition, record)) = signal::decode(payload).filter(|(sender, ..)| *sender != process) {
                let at_ms = signal::now_ms();
                feeds[Topic::Signals].deliver(partition, |offset| {
                    let (key, value, headers) = (record.key, record.value, record.headers);
                    Record { partition, offset, appended_at_ms: at_ms, key, value, headers }
                });
            }
        } else if payload.starts_with(HELLO) {
            if payload != myself {
                wakes.set_alone(false);
            }
        } else {
            let learn = |(topic, partition, end)| feeds[topic].learn(partition, end);
            if ends_of(payload).map(learn).fold(false, |any, gap| any | gap) {
                wakes.read();
            }
        }
    }
}

/// Sent by a process that joins, to those that thought they were alone.
const HELLO: &str = "hello ";

fn hello(process: u64) -> String {
    format!("{HELLO}{process}")
}
