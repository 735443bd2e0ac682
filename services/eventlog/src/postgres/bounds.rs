//! Where partitions start and end.

use std::collections::BTreeMap;

use sqlx::PgPool;

use super::connect::bounded;
use crate::{Error, Offset, Partition, Topic};

/// For each partition the first offset still kept.
pub(super) async fn starts(pool: &PgPool, topic: Topic) -> Result<BTreeMap<Partition, Offset>, Error> {
    const STARTS: &str = r#"
        SELECT p.partition, coalesce(first."offset", p.next_offset)
        FROM threadline_log.partitions AS p
        LEFT JOIN LATERAL (
            SELECT r."offset" FROM threadline_log.records AS r
            WHERE r.topic = p.topic AND r.partition = p.partition ORDER BY r."offset" LIMIT 1
        ) AS first ON true
        WHERE p.topic = $1
    "#;
    offsets(pool, STARTS, topic).await
}

/// For each partition the offset that the next record will get.
pub(super) async fn ends(pool: &PgPool, topic: Topic) -> Result<BTreeMap<Partition, Offset>, Error> {
    const ENDS: &str = "SELECT partition, next_offset FROM threadline_log.partitions WHERE topic = $1";
    offsets(pool, ENDS, topic).await
}

/// For each partition of each stored topic the offset that the next record will get.
pub(super) async fn all_ends(pool: &PgPool) -> Result<BTreeMap<(Topic, Partition), Offset>, Error> {
    const ENDS: &str = "SELECT topic, partition, next_offset FROM threadline_log.partitions";
    let rows: Vec<(i16, i32, i64)> = bounded(sqlx::query_as(ENDS).fetch_all(pool)).await?;
    let end = |(number, partition, offset): (i16, i32, i64)| {
        Some(((Topic::from_number(number)?, partition as u32), offset as u64))
    };
    // A newer program may have made topics that this one does not know.
    Ok(rows.into_iter().filter_map(end).collect())
}

async fn offsets(pool: &PgPool, query: &'static str, topic: Topic) -> Result<BTreeMap<Partition, Offset>, Error> {
    let rows = sqlx::query_as(query).bind(topic.number()).fetch_all(pool);
    let rows: Vec<(i32, i64)> = bounded(rows).await?;
    Ok(rows.into_iter().map(|(partition, offset)| (partition as u32, offset as u64)).collect())
}
