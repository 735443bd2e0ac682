//! The table `timeline`: every event of every thread, as it lies in the log.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row as _};
use threadline_domain::thread::TextParts;
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
            let number = recorded.event.change.text_change().map(|change| change.number);
            NewRow { thread: recorded.event.thread, seq: recorded.event.seq, position, number, value: &recorded.value }
        };
        let lost = |&(partition, lost): &(_, &'a Lost)| {
            let position = Position { topic: Topic::Messages, partition, offset: lost.offset };
            NewRow { thread: lost.event.id, seq: lost.event.seq, position, number: None, value: &lost.value }
        };
        insert(schema, connection, &self.events.iter().map(event).collect::<Vec<_>>(), "").await?;
        insert(schema, connection, &self.lost.iter().map(lost).collect::<Vec<_>>(), "on conflict do nothing").await
    }
}

struct NewRow<'a> {
    thread: ThreadId,
    seq: u64,
    position: Position,
    /// The number of the message that it concerns.
    number: Option<u64>,
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
        r#"insert into @timeline (thread, seq, partition, "offset", number, value)
           select * from unnest($1::uuid[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::bytea[]) {conflict}"#
    );
    sqlx::query(schema.sql(&statement))
        .bind(rows.iter().map(|row| row.thread.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.seq as i64).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position.partition as i32).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.position.offset as i64).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.number.map(|number| number as i64)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.value).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// An event. Without a value when it does not fit; all null when an outer join found no event.
struct Row {
    thread: Option<Uuid>,
    seq: Option<i64>,
    partition: Option<i32>,
    offset: Option<i64>,
    is_content_withheld: bool,
    is_metadata_withheld: bool,
    value: Option<Vec<u8>>,
}

/// The columns of a [`Row`] but for its value. `e` is the event, and `x` the message that it concerns, if any.
macro_rules! columns {
    () => {
        r#"e.thread, e.seq, e.partition, e."offset",
           e.number is not null and x.content_seq is distinct from e.seq as is_content_withheld,
           e.number is not null and x.metadata_seq is distinct from e.seq as is_metadata_withheld"#
    };
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            thread: row.try_get("thread")?,
            seq: row.try_get("seq")?,
            partition: row.try_get("partition")?,
            offset: row.try_get("offset")?,
            is_content_withheld: row.try_get("is_content_withheld")?,
            is_metadata_withheld: row.try_get("is_metadata_withheld")?,
            value: row.try_get("value")?,
        })
    }
}

impl Row {
    fn into_event(self) -> Option<TimelineRow> {
        let (partition, offset) = (self.partition? as Partition, self.offset? as Offset);
        Some(TimelineRow {
            thread: ThreadId(self.thread?),
            seq: self.seq? as u64,
            position: Position { topic: Topic::Messages, partition, offset },
            withheld: TextParts { content: self.is_content_withheld, metadata: self.is_metadata_withheld },
            value: self.value?.into(),
        })
    }
}

/// A thread's events after `after_seq`; `None` when the viewer is not in it.
pub(super) async fn page(
    schema: &Schema,
    pool: &PgPool,
    viewer: &UserId,
    thread: ThreadId,
    after_seq: u64,
    limit: u32,
) -> Result<Option<Vec<TimelineRow>>, Error> {
    let rows: Vec<Row> = sqlx::query_as(schema.sql(concat!(
        "select ",
        columns!(),
        ", e.value from @members m
         left join lateral (
             select * from @timeline t where t.thread = m.thread and t.seq > $3 order by t.seq limit $4) e on true
         left join @messages x on x.thread = e.thread and x.number = e.number
         where m.thread = $1 and m.user_id = $2 and m.role is not null
         order by e.seq"
    )))
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
    Ok(Some(rows.into_iter().filter_map(Row::into_event).collect()))
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
    let rows: Vec<Row> = sqlx::query_as(schema.sql(concat!(
        "select ",
        columns!(),
        r#", case when sum(octet_length(e.value)) over (rows unbounded preceding) <= $6 then e.value end as value
           from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) as m(thread, joined, low, high)
           cross join lateral (
               select * from @timeline t
               where t.thread = m.thread and t."offset" >= m.low and t."offset" < m.high and t.seq >= m.joined
               order by t."offset" limit $5) e
           left join @messages x on x.thread = e.thread and x.number = e.number"#
    )))
    .bind(threads)
    .bind(joined)
    .bind(lows)
    .bind(highs)
    .bind(i64::from(limit_per_thread) + 1)
    .bind(i64::try_from(bytes_max).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;

    let (mut counts, mut too_many) = (BTreeMap::<Uuid, u32>::new(), BTreeSet::new());
    for Row { thread, value, .. } in &rows {
        let Some(thread) = *thread else { continue };
        let count = counts.entry(thread).or_default();
        *count += 1;
        if value.is_none() || *count > limit_per_thread {
            too_many.insert(ThreadId(thread));
        }
    }
    let rows = rows.into_iter().filter_map(Row::into_event);
    let mut rows: Vec<TimelineRow> = rows.filter(|row| !too_many.contains(&row.thread)).collect();
    rows.sort_unstable_by_key(|row| row.position);
    Ok(Missed { rows, too_many: too_many.into_iter().collect() })
}
