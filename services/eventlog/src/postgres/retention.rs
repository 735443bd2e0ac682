//! Removes the records that topics need not keep any more, in bounded pieces, in one process at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};
use threadline_domain::topic::{Retention, Sort};
use tokio::time::MissedTickBehavior;

use super::connect::bounded;
use crate::{Error, Topic};

/// Records looked at in one statement.
const PIECE_RECORDS_MAX: i64 = 5_000;
/// The lock of the one process that cleans up.
const CLEANING: (i32, i32) = (0x7468_6c67, 1);
/// The group whose commits say how far keys were compacted.
const COMPACTION: &str = "threadline compaction";

/// Keeps what a group of deciders has not committed, whatever its age, where the topic holds commands ($5): nothing is
/// removed before the first commit.
const UNDECIDED: &str = r#"
    SELECT coalesce(min(c."offset"), 0) FROM threadline_log.commits AS c
    WHERE c.topic = p.topic AND c.partition = p.partition
"#;

/// Partitions with records that need not be kept any more: one index probe for each partition of a topic that expires.
const EXPIRED: &str = r#"
    SELECT p.topic, p.partition
    FROM unnest($1::smallint[], $2::bigint[], $3::boolean[]) AS t (topic, kept_ms, is_decided)
    JOIN threadline_log.partitions AS p USING (topic)
    CROSS JOIN LATERAL (
        SELECT r."offset", r.appended_at_ms FROM threadline_log.records AS r
        WHERE r.topic = p.topic AND r.partition = p.partition ORDER BY r."offset" LIMIT 1
    ) AS first
    WHERE first.appended_at_ms < extract(epoch FROM clock_timestamp()) * 1000 - t.kept_ms
        AND (NOT t.is_decided OR first."offset" < ($undecided))
    ORDER BY p.topic, p.partition
"#;

/// Removes the oldest records of a partition, up to the first that must be kept.
const EXPIRE: &str = r#"
    WITH turn AS MATERIALIZED (
        SELECT pg_try_advisory_xact_lock($6, $7) AS ours, extract(epoch FROM clock_timestamp()) * 1000 - $4 AS cutoff
    ), undecided AS MATERIALIZED (
        SELECT CASE WHEN $5 THEN ($undecided) ELSE 9223372036854775807 END AS first
        FROM (SELECT $1::smallint AS topic, $2::integer AS partition) AS p
    ), piece AS MATERIALIZED (
        SELECT "offset", appended_at_ms FROM threadline_log.records
        WHERE topic = $1 AND partition = $2 AND (SELECT ours FROM turn)
        ORDER BY "offset" LIMIT $3
    ), kept AS (
        SELECT least(undecided.first, coalesce(
            (SELECT min("offset") FROM piece WHERE appended_at_ms >= turn.cutoff),
            (SELECT max("offset") + 1 FROM piece)
        )) AS first
        FROM turn, undecided
    ), gone AS (
        DELETE FROM threadline_log.records
        WHERE topic = $1 AND partition = $2 AND "offset" < (SELECT first FROM kept)
            AND "offset" <= (SELECT max("offset") FROM piece)
        RETURNING "offset"
    ), noted AS (
        UPDATE threadline_log.partitions SET kept_from = greatest(kept_from, (SELECT max("offset") + 1 FROM gone))
        WHERE topic = $1 AND partition = $2 AND EXISTS (SELECT FROM gone)
    )
    SELECT count(*) FROM gone
"#;

/// Partitions with new records since their keys were compacted last.
const DIRTY: &str = r#"
    SELECT p.topic, p.partition, coalesce(c."offset", 0), last."offset" + 1
    FROM threadline_log.partitions AS p
    CROSS JOIN LATERAL (
        SELECT r."offset" FROM threadline_log.records AS r
        WHERE r.topic = p.topic AND r.partition = p.partition ORDER BY r."offset" DESC LIMIT 1
    ) AS last
    LEFT JOIN threadline_log.commits AS c ON c.consumer = $2 AND c.topic = p.topic AND c.partition = p.partition
    WHERE p.topic = ANY ($1) AND last."offset" >= coalesce(c."offset", 0)
    ORDER BY p.topic, p.partition
"#;

/// Makes the statement with the topic's number written out: only then does the planner know that the topic's own index
/// of keys serves.
fn compact_statement(topic: i16) -> String {
    COMPACT.replace("$topic", &topic.to_string())
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

/// Cleans up at an interval until it is dropped: two statements a round while there is nothing to do.
pub(super) async fn run(pool: PgPool, every: Duration, overrides: BTreeMap<Topic, Retention>) {
    let mut round = tokio::time::interval(every);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut expiring = BTreeMap::new();
    let mut compacted = Vec::new();
    for topic in Topic::ALL.into_iter().filter(|topic| topic.is_stored()) {
        match overrides.get(&topic).copied().unwrap_or(topic.spec().retention) {
            Retention::Forever => {}
            Retention::For(time) => {
                expiring.insert(topic, time);
            }
            Retention::LastOfEachKey => compacted.push(topic),
        }
    }
    loop {
        round.tick().await;
        if let Err(error) = expire(&pool, &expiring).await {
            tracing::warn!(%error, "failed to take away expired records: {error}; retrying in {} s", every.as_secs());
        }
        if let Err(error) = compact(&pool, &compacted).await {
            tracing::warn!(%error, "failed to compact keys: {error}; trying again in {} s", every.as_secs());
        }
    }
}

/// Whether deciders decide the topic's records.
const fn is_decided(topic: Topic) -> bool {
    matches!(topic.spec().sort, Sort::Commands { .. })
}

async fn expire(pool: &PgPool, expiring: &BTreeMap<Topic, Duration>) -> Result<(), Error> {
    let expired = sqlx::query_as(AssertSqlSafe(EXPIRED.replace("$undecided", UNDECIDED)))
        .bind(expiring.keys().map(|topic| topic.number()).collect::<Vec<_>>())
        .bind(expiring.values().map(|time| time.as_millis() as i64).collect::<Vec<_>>())
        .bind(expiring.keys().map(|topic| is_decided(*topic)).collect::<Vec<_>>());
    let expired: Vec<(i16, i32)> = bounded(expired.fetch_all(pool)).await?;
    for (number, partition) in expired {
        let Some((topic, time)) = Topic::from_number(number).and_then(|topic| expiring.get_key_value(&topic)) else {
            continue;
        };
        loop {
            let piece = sqlx::query_scalar(AssertSqlSafe(EXPIRE.replace("$undecided", UNDECIDED)))
                .bind(topic.number())
                .bind(partition)
                .bind(PIECE_RECORDS_MAX)
                .bind(time.as_millis() as i64)
                .bind(is_decided(*topic))
                .bind(CLEANING.0)
                .bind(CLEANING.1);
            let gone: i64 = bounded(piece.fetch_one(pool)).await?;
            if gone < PIECE_RECORDS_MAX {
                break;
            }
        }
    }
    Ok(())
}

async fn compact(pool: &PgPool, compacted: &[Topic]) -> Result<(), Error> {
    let numbers: Vec<i16> = compacted.iter().map(|topic| topic.number()).collect();
    let dirty = sqlx::query_as(DIRTY).bind(numbers).bind(COMPACTION);
    let dirty: Vec<(i16, i32, i64, i64)> = bounded(dirty.fetch_all(pool)).await?;
    for (number, partition, mut from, end) in dirty {
        while from < end {
            let to = end.min(from + PIECE_RECORDS_MAX);
            let piece = sqlx::query(AssertSqlSafe(compact_statement(number)))
                .bind(partition)
                .bind(from)
                .bind(to)
                .bind(COMPACTION)
                .bind(CLEANING.0)
                .bind(CLEANING.1);
            if bounded(piece.execute(pool)).await?.rows_affected() == 0 {
                // Another process is cleaning up.
                return Ok(());
            }
            from = to;
        }
    }
    Ok(())
}
