//! Reads records from the tables.

use sqlx::PgConnection;

use super::feed::Gap;
use super::headers;
use crate::{Record, Topic};

/// Records of one partition in one read.
const PAGE_RECORDS_MAX: i32 = 1_000;
/// Bytes of one partition in one read; one record may exceed it alone.
const PAGE_BYTES_MAX: i64 = 1 << 20;

const PAGE: &str = r#"
    SELECT gap.partition, r."offset", r.appended_at_ms, r.key, r.value, r.headers
    FROM unnest($2::integer[], $3::bigint[], $4::bigint[]) AS gap (partition, first, next)
    CROSS JOIN LATERAL (
        SELECT bounded.*, sum(bytes) OVER (ORDER BY "offset") - bytes AS bytes_before
        FROM (
            SELECT *, octet_length(key) + coalesce(octet_length(value), 0) + octet_length(headers) AS bytes
            FROM threadline_log.records
            WHERE topic = $1 AND partition = gap.partition AND "offset" >= gap.first AND "offset" < gap.next
            ORDER BY "offset"
            LIMIT $5
        ) AS bounded
    ) AS r
    WHERE r.bytes_before < $6
    ORDER BY gap.partition, r."offset"
"#;

type Row = (i32, i64, i64, Vec<u8>, Option<Vec<u8>>, Vec<u8>);

/// Reads the next page of each of a topic's gaps, in the order of the gaps, whose partitions rise.
pub(super) async fn read(
    connection: &mut PgConnection,
    topic: Topic,
    gaps: &[Gap],
) -> Result<Vec<(Gap, Vec<Record>)>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(PAGE)
        .bind(topic.number())
        .bind(gaps.iter().map(|gap| gap.partition as i32).collect::<Vec<_>>())
        .bind(gaps.iter().map(|gap| gap.from as i64).collect::<Vec<_>>())
        .bind(gaps.iter().map(|gap| gap.to as i64).collect::<Vec<_>>())
        .bind(PAGE_RECORDS_MAX)
        .bind(PAGE_BYTES_MAX)
        .fetch_all(connection)
        .await?;
    let mut rows = rows.into_iter().map(record_of).peekable();
    let page = |&gap: &Gap| {
        let records = std::iter::from_fn(|| rows.next_if(|record| record.partition == gap.partition)).collect();
        (gap, records)
    };
    Ok(gaps.iter().map(page).collect())
}

fn record_of((partition, offset, appended_at_ms, key, value, headers): Row) -> Record {
    Record {
        partition: partition as u32,
        offset: offset as u64,
        appended_at_ms,
        key: key.into(),
        value: value.map(Into::into),
        headers: headers::decode(headers.into()),
    }
}
