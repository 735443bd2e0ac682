//! The table `timeline`: every event of every thread, as it lies in the log.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, PgPool};
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use uuid::Uuid;

use super::{Memberships, Missed, TimelineRow};
use crate::{Error, Lost, Recorded, Schema};

/// Rows that some records add.
#[derive(Default)]
pub(super) struct Pending<'a> {
    events: Vec<(Partition, &'a Recorded)>,
    lost: Vec<(Partition, &'a Lost)>,
}

impl<'a> Pending<'a> {
    pub(super) fn add(&mut self, partition: Partition, recorded: &'a Recorded) {
        self.events.push((partition, recorded));
    }

    /// The row of a lost event holds what cannot be read. Should another event have its seq already, it has none.
    pub(super) fn add_lost(&mut self, partition: Partition, lost: &'a Lost) {
        self.lost.push((partition, lost));
    }

    pub(super) async fn apply(&self, schema: &Schema, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let event = |&(partition, recorded): &(_, &'a Recorded)| {
            let position = Position { topic: Topic::Messages, partition, offset: recorded.offset };
            NewRow { thread: recorded.event.thread, seq: recorded.event.seq, position, value: &recorded.value }
        };
        let lost = |&(partition, lost): &(_, &'a Lost)| {
            let position = Position { topic: Topic::Messages, partition, offset: lost.offset };
            NewRow { thread: lost.event.id, seq: lost.event.seq, position, value: &lost.value }
        };
        insert(schema, connection, &self.events.iter().map(event).collect::<Vec<_>>(), "").await?;
        insert(schema, connection, &self.lost.iter().map(lost).collect::<Vec<_>>(), "on conflict do nothing").await
    }
}

struct NewRow<'a> {
    thread: ThreadId,
    seq: u64,
    position: Position,
    value: &'a [u8],
}

async fn insert(
    schema: &Schema,
    connection: &mut PgConnection,
    rows: &[NewRow<'_>],
    conflict: &str,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = format!(
        r#"insert into @timeline (thread, seq, partition, "offset", value)
           select * from unnest($1::uuid[], $2::bigint[], $3::integer[], $4::bigint[], $5::bytea[]) {conflict}"#
    );
    sqlx::query(schema.sql(&statement))
        .bind(rows.iter().map(|row| row.thread.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.seq as i64).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position.partition as i32).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position.offset as i64).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.value).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

type Row = (Uuid, i64, i32, i64, Vec<u8>);
/// An event whose value is left out when there is no room for it.
type RowWithinBytes = (Uuid, i64, i32, i64, Option<Vec<u8>>);
/// The columns without the thread, of an event that an outer join may not have found.
type OuterRow = (Option<i64>, Option<i32>, Option<i64>, Option<Vec<u8>>);

fn event((thread, seq, partition, offset, value): Row) -> TimelineRow {
    let position = Position { topic: Topic::Messages, partition: partition as Partition, offset: offset as Offset };
    TimelineRow { thread: ThreadId(thread), seq: seq as u64, position, value: value.into() }
}

/// A thread's events behind `after_seq`; `None` when the viewer is not in it.
pub(super) async fn page(
    schema: &Schema,
    pool: &PgPool,
    viewer: &UserId,
    thread: ThreadId,
    after_seq: u64,
    limit: u32,
) -> Result<Option<Vec<TimelineRow>>, Error> {
    let rows: Vec<OuterRow> = sqlx::query_as(schema.sql(
        r#"select e.seq, e.partition, e."offset", e.value from @members m
           left join lateral (
               select * from @timeline t where t.thread = m.thread and t.seq > $3 order by t.seq limit $4) e on true
           where m.thread = $1 and m.user_id = $2 and m.role is not null
           order by e.seq"#,
    ))
    .bind(thread.0)
    .bind(viewer.as_str())
    .bind(i64::try_from(after_seq).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    // A member always gets a row; one without an event says that there is none.
    let present =
        |(seq, partition, offset, value): OuterRow| Some(event((thread.0, seq?, partition?, offset?, value?)));
    Ok(Some(rows.into_iter().filter_map(present).collect()))
}

/// Events of these memberships in `from..to`, each from joining on and up to removal.
pub(super) async fn missed(
    schema: &Schema,
    pool: &PgPool,
    memberships: &Memberships,
    from: &BTreeMap<Partition, Offset>,
    to: &BTreeMap<Partition, Offset>,
    limit_per_thread: u32,
    bytes_max: usize,
) -> Result<Missed, Error> {
    let (mut threads, mut joined, mut lows, mut highs) = (vec![], vec![], vec![], vec![]);
    for membership in &memberships.threads {
        let bound = |offsets: &BTreeMap<_, _>| offsets.get(&membership.partition).copied().unwrap_or(0);
        let low: Offset = bound(from);
        let high = bound(to).min(membership.removed_offset.map_or(Offset::MAX, |removed| removed + 1));
        if low < high {
            threads.push(membership.thread.0);
            joined.push(membership.joined_seq as i64);
            lows.push(low as i64);
            highs.push(i64::try_from(high).unwrap_or(i64::MAX));
        }
    }
    if threads.is_empty() {
        return Ok(Missed::default());
    }
    // One more than wanted of each thread tells which have too many, and so does a value left out.
    let rows: Vec<RowWithinBytes> = sqlx::query_as(schema.sql(
        r#"select e.thread, e.seq, e.partition, e."offset",
               case when sum(octet_length(e.value)) over (rows unbounded preceding) <= $6 then e.value end
           from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) as m(thread, joined, low, high)
           cross join lateral (
               select * from @timeline t
               where t.thread = m.thread and t."offset" >= m.low and t."offset" < m.high and t.seq >= m.joined
               order by t."offset" limit $5) e"#,
    ))
    .bind(threads)
    .bind(joined)
    .bind(lows)
    .bind(highs)
    .bind(i64::from(limit_per_thread) + 1)
    .bind(i64::try_from(bytes_max).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;

    let (mut counts, mut too_many) = (BTreeMap::<Uuid, u32>::new(), BTreeSet::new());
    for (thread, .., value) in &rows {
        let count = counts.entry(*thread).or_default();
        *count += 1;
        if value.is_none() || *count > limit_per_thread {
            too_many.insert(*thread);
        }
    }
    let rows = rows.into_iter().filter(|row| !too_many.contains(&row.0));
    let mut rows: Vec<TimelineRow> = rows
        .filter_map(|(thread, seq, partition, offset, value)| Some(event((thread, seq, partition, offset, value?))))
        .collect();
    rows.sort_unstable_by_key(|row| row.position);
    Ok(Missed { rows, too_many: too_many.into_iter().map(ThreadId).collect() })
}
