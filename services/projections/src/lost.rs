//! Events that are not shown: their numbers are taken all the same, so that nobody gives one again.

use sqlx::PgConnection;

use threadline_domain::Partition;

use crate::Lost;

/// Keeps the seqs and numbers of lost events, after the rows of the others. No value that they have can be refused.
pub(crate) async fn apply(connection: &mut PgConnection, all: &[(Partition, &Lost)]) -> Result<(), sqlx::Error> {
    if all.is_empty() {
        return Ok(());
    }
    let all = || all.iter().copied();
    let threads: Vec<_> = all().map(|(_, lost)| lost.event.id.0).collect();
    let seqs: Vec<_> = all().map(|(_, lost)| lost.event.seq as i64).collect();
    sqlx::query(
        r#"insert into timeline (thread, seq, partition, "offset", value)
           select * from unnest($1::uuid[], $2::bigint[], $3::integer[], $4::bigint[], $5::bytea[])
           on conflict do nothing"#,
    )
    .bind(&threads)
    .bind(&seqs)
    .bind(all().map(|(partition, _)| partition as i32).collect::<Vec<_>>())
    .bind(all().map(|(_, lost)| lost.offset as i64).collect::<Vec<_>>())
    .bind(all().map(|(_, lost)| lost.value.as_ref()).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "update threads t set
             last_seq = greatest(t.last_seq, l.seq), last_number = greatest(t.last_number, l.number)
         from (select thread, max(seq) as seq, max(number) as number
               from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as l(thread, seq, number) group by thread) l
         where t.id = l.thread",
    )
    .bind(&threads)
    .bind(&seqs)
    .bind(all().map(|(_, lost)| lost.event.number.map_or(0, |number| number as i64)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
