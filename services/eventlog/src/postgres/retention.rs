//! Takes away what the topics need not keep any more, a bounded piece at a time, by one process at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};
use threadline_domain::topic::Retention;
use tokio::time::MissedTickBehavior;

use super::connect::bounded;
use crate::{Error, Topic};

/// Records looked at in one statement.
const PIECE_RECORDS_MAX: i64 = 5_000;
/// Held by the one process that cleans up.
const CLEANING: (i32, i32) = (0x7468_6c67, 1);
/// The group whose commits say up to where keys were compacted.
const COMPACTION: &str = "threadline compaction";

const EXPIRE: &str = r#"
    WITH turn AS MATERIALIZED (
        SELECT pg_try_advisory_xact_lock($5, $6) AS ours, extract(epoch FROM clock_timestamp()) * 1000 - $4 AS cutoff
    ), first AS MATERIALIZED (
        SELECT "offset", appended_at_ms FROM threadline_log.records
        WHERE topic = $1 AND partition = $2 ORDER BY "offset" LIMIT 1
    ), piece AS MATERIALIZED (
        SELECT "offset", appended_at_ms FROM threadline_log.records
        WHERE topic = $1 AND partition = $2 AND (SELECT ours AND appended_at_ms < cutoff FROM turn, first)
        ORDER BY "offset" LIMIT $3
    ), kept AS (
        SELECT coalesce(
            (SELECT min("offset") FROM piece, turn WHERE appended_at_ms >= cutoff),
            (SELECT max("offset") + 1 FROM piece)
        ) AS first
    )
    DELETE FROM threadline_log.records WHERE topic = $1 AND partition = $2 AND "offset" < (SELECT first FROM kept)
"#;

const DIRTY: &str = r#"
    SELECT p.partition, coalesce(c."offset", 0), p.next_offset
    FROM threadline_log.partitions AS p
    LEFT JOIN threadline_log.commits AS c ON c.consumer = $2 AND c.topic = p.topic AND c.partition = p.partition
    WHERE p.topic = $1 AND p.next_offset > coalesce(c."offset", 0)
    ORDER BY p.partition
"#;

/// With the topic's number written out: only then does the planner know that the topic's own index of keys serves.
fn compact_statement(topic: Topic) -> String {
    COMPACT.replace("$topic", &topic.number().to_string())
}

const COMPACT: &str = r#"
    WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($5, $6) AS ours),
    superseded AS (
        DELETE FROM threadline_log.records AS old USING threadline_log.records AS new
        WHERE (SELECT ours FROM turn)
            AND new.topic = $topic AND new.partition = $1 AND new."offset" >= $2 AND new."offset" < $3
            AND old.topic = $topic AND old.partition = $1
            AND old.key = new.key AND old."offset" < new."offset"
    )
    INSERT INTO threadline_log.commits (consumer, topic, partition, "offset")
    SELECT $4, $topic, $1, $3 FROM turn WHERE ours
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET "offset" = excluded."offset"
"#;

/// Cleans up every so often until it is dropped.
pub(super) async fn run(pool: PgPool, every: Duration, overrides: BTreeMap<Topic, Retention>, partitions: u32) {
    let mut round = tokio::time::interval(every);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        for topic in Topic::ALL.into_iter().filter(|topic| topic.is_stored()) {
            let cleaned = match overrides.get(&topic).copied().unwrap_or(topic.spec().retention) {
                Retention::Forever => Ok(()),
                Retention::For(time) => expire(&pool, topic, time, partitions).await,
                Retention::LastOfEachKey => compact(&pool, topic).await,
            };
            if let Err(error) = cleaned {
                tracing::warn!(%error, topic = topic.name(), "old records could not be taken away");
            }
        }
    }
}

async fn expire(pool: &PgPool, topic: Topic, time: Duration, partitions: u32) -> Result<(), Error> {
    for partition in 0..partitions {
        loop {
            let piece = sqlx::query(EXPIRE)
                .bind(topic.number())
                .bind(partition as i32)
                .bind(PIECE_RECORDS_MAX)
                .bind(time.as_millis() as i64)
                .bind(CLEANING.0)
                .bind(CLEANING.1);
            let gone = bounded(piece.execute(pool)).await?.rows_affected();
            if gone < PIECE_RECORDS_MAX as u64 {
                break;
            }
        }
    }
    Ok(())
}

async fn compact(pool: &PgPool, topic: Topic) -> Result<(), Error> {
    let dirty = sqlx::query_as(DIRTY).bind(topic.number()).bind(COMPACTION);
    let dirty: Vec<(i32, i64, i64)> = bounded(dirty.fetch_all(pool)).await?;
    for (partition, mut from, end) in dirty {
        while from < end {
            let to = end.min(from + PIECE_RECORDS_MAX);
            let piece = sqlx::query(AssertSqlSafe(compact_statement(topic)))
                .bind(partition)
                .bind(from)
                .bind(to)
                .bind(COMPACTION)
                .bind(CLEANING.0)
                .bind(CLEANING.1);
            if bounded(piece.execute(pool)).await?.rows_affected() == 0 {
                // Another process is at it.
                return Ok(());
            }
            from = to;
        }
    }
    Ok(())
}
