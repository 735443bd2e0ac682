//! Reads what other processes append into this process's rings: woken by NOTIFY, and looking by itself now and then.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{PgConnection, PgPool};
use tokio::time::MissedTickBehavior;

use super::connect::{Backoff, bounded, connect};
use super::wake::{RECORDS_CHANNEL, SIGNALS_CHANNEL, Wakes, ends_of};
use super::{Feeds, rows, signal};
use crate::{Error, Record, Topic};

/// How often the reader looks unasked.
const POLL_MS: u64 = 250;

/// Held, shared, by the reader of every process that is on this log.
const PRESENCE: (i32, i32) = (0x7468_6c67, 0);

const JOIN: &str = "SELECT pg_advisory_lock_shared($1, $2), pg_notify($3, $4)";

const POLL: &str = "
    SELECT topic, partition, next_offset, (
        SELECT count(*) FROM pg_locks
        WHERE locktype = 'advisory' AND classid::bigint = $1 AND objid::bigint = $2 AND objsubid = 2
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    FROM threadline_log.partitions
";

/// Reads until it is dropped.
pub(super) async fn run(options: PgConnectOptions, process: u64, feeds: Arc<Feeds>, wakes: Arc<Wakes>) {
    let mut backoff = Backoff::new();
    loop {
        let lost = match connect(&options).await {
            Ok(connection) => {
                backoff.reset();
                match serve(connection, process, &feeds, &wakes).await {
                    Ok(never) => match never {},
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        tracing::warn!(error = %lost, "the log's reader lost its connection");
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
    let mut poll = tokio::time::interval(Duration::from_millis(POLL_MS));
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = poll.tick() => look(&mut connection, feeds, wakes).await?,
            () = wakes.read_wanted() => {}
        }
        fill(&mut connection, feeds).await?;
    }
}

/// Learns where the partitions end and whether other processes are there.
async fn look(connection: &mut PgConnection, feeds: &Feeds, wakes: &Wakes) -> Result<(), Error> {
    let poll = sqlx::query_as(POLL).bind(i64::from(PRESENCE.0)).bind(i64::from(PRESENCE.1));
    let rows: Vec<(i16, i32, i64, i64)> = bounded(poll.fetch_all(connection)).await?;
    for (number, partition, end, processes) in rows {
        wakes.set_alone(processes <= 1);
        if let Some(topic) = Topic::from_number(number) {
            feeds[topic].learn(partition as u32, end as u64);
        }
    }
    Ok(())
}

async fn fill(connection: &mut PgConnection, feeds: &Feeds) -> Result<(), Error> {
    loop {
        let mut complete = true;
        for topic in Topic::ALL {
            let gaps = feeds[topic].gaps();
            if !gaps.is_empty() {
                complete = false;
                for (gap, records) in bounded(rows::read(connection, topic, &gaps)).await? {
                    feeds[topic].fill(gap, records);
                }
            }
        }
        if complete {
            return Ok(());
        }
    }
}

/// Hears other processes until it is dropped.
pub(super) async fn listen(pool: PgPool, process: u64, feeds: Arc<Feeds>, wakes: Arc<Wakes>) {
    let mut backoff = Backoff::new();
    loop {
        let Err(error) = hear(&pool, process, &feeds, &wakes, &mut backoff).await;
        tracing::warn!(%error, "the log's listener lost its connection");
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
                let at_ms = super::now_ms();
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

/// How a process that joins makes itself known to those that thought they were alone.
const HELLO: &str = "hello ";

fn hello(process: u64) -> String {
    format!("{HELLO}{process}")
}
