//! A generation's progress: its table `positions`.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool};
use threadline_domain::{Offset, Partition, Topic};

use crate::{Error, Progress, Schema};

/// One partition's step from one progress to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) topic: Topic,
    pub(crate) partition: Partition,
    pub(crate) from: Progress,
    pub(crate) to: Progress,
}

pub(crate) fn progress(next: i64, cause: Option<i64>) -> Progress {
    Progress { next: next as Offset, cause: cause.map(|cause| cause as Offset) }
}

/// Reads the progress of each partition with records.
pub(crate) async fn all(schema: &Schema, pool: &PgPool, topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
    let rows: Vec<(i32, i64, Option<i64>)> =
        sqlx::query_as(schema.sql("select partition, next, cause from @positions where topic = $1"))
            .bind(topic.name())
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(partition, next, cause)| (partition as Partition, progress(next, cause))).collect())
}

/// Moves all of these, or returns `false` when one of them is elsewhere already: a compare-and-set. Others that would
/// move the same partitions wait for the end of this transaction.
pub(crate) async fn advance(
    schema: &Schema,
    connection: &mut PgConnection,
    steps: impl Iterator<Item = Step>,
) -> Result<bool, sqlx::Error> {
    let mut steps: Vec<Step> = steps.collect();
    // Locks are taken in one order everywhere.
    steps.sort_unstable_by_key(|step| (step.topic.name(), step.partition));
    let offset = |offset: Option<Offset>| offset.map(|offset| offset as i64);
    let moved = sqlx::query(schema.sql(
        "insert into @positions as p (topic, partition, next, cause)
         select s.topic, s.partition, s.to_next, s.to_cause
         from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
              as s(topic, partition, from_next, from_cause, to_next, to_cause)
         where s.from_next = 0
            or exists (select from @positions q where q.topic = s.topic and q.partition = s.partition)
         on conflict (topic, partition) do update set next = excluded.next, cause = excluded.cause
         where (p.next, coalesce(p.cause, -1)) in (
             select f.next, coalesce(f.cause, -1)
             from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) as f(topic, partition, next, cause)
             where f.topic = p.topic and f.partition = p.partition)",
    ))
    .bind(steps.iter().map(|step| step.topic.name()).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.partition as i32).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.from.next as i64).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| offset(step.from.cause)).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.to.next as i64).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| offset(step.to.cause)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == steps.len() as u64)
}
