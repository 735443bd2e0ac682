//! Reads where partitions start and end.

use std::collections::BTreeMap;

use sqlx::{PgExecutor, PgPool};

use super::connect::bounded;
use crate::{Error, Offset, Partition, Topic};

/// The first offset still kept of each partition of a topic.
pub(super) const STARTS: &str = r#"
    SELECT p.partition, coalesce(first."offset", p.kept_from)
    FROM threadline_log.partitions AS p
    LEFT JOIN LATERAL (
        SELECT r."offset" FROM threadline_log.records AS r
        WHERE r.topic = p.topic AND r.partition = p.partition ORDER BY r."offset" LIMIT 1
    ) AS first ON true
    WHERE p.topic = $1
"#;

/// The offset after the last record of each partition of a topic.
pub(super) const ENDS: &str = r#"
    SELECT p.partition, greatest(p.kept_from, last."offset" + 1)
    FROM threadline_log.partitions AS p
    LEFT JOIN LATERAL (
        SELECT r."offset" FROM threadline_log.records AS r
        WHERE r.topic = p.topic AND r.partition = p.partition ORDER BY r."offset" DESC LIMIT 1
    ) AS last ON true
    WHERE p.topic = $1
"#;

/// Runs one of these queries.
pub(super) async fn of(pool: &PgPool, query: &'static str, topic: Topic) -> Result<BTreeMap<Partition, Offset>, Error> {
    let rows: Vec<(i32, i64)> = bounded(sqlx::query_as(query).bind(topic.number()).fetch_all(pool)).await?;
    Ok(rows.into_iter().map(|(partition, offset)| (partition as u32, offset as u64)).collect())
}

/// Reads the offset after the last record of every partition of every topic that this program knows: a few microseconds
/// each.
pub(super) async fn all_ends(
    executor: impl PgExecutor<'_>,
) -> Result<impl Iterator<Item = (Topic, Partition, Offset)>, sqlx::Error> {
    const ENDS: &str = r#"
        SELECT p.topic, p.partition, greatest(p.kept_from, last."offset" + 1)
        FROM threadline_log.partitions AS p
        LEFT JOIN LATERAL (
            SELECT r."offset" FROM threadline_log.records AS r
            WHERE r.topic = p.topic AND r.partition = p.partition ORDER BY r."offset" DESC LIMIT 1
        ) AS last ON true
    "#;
    let rows: Vec<(i16, i32, i64)> = sqlx::query_as(ENDS).fetch_all(executor).await?;
    // A newer program may have made topics that this one does not know.
    let known = |(number, partition, end)| Some((Topic::from_number(number)?, partition as u32, end as u64));
    Ok(rows.into_iter().filter_map(known))
}
