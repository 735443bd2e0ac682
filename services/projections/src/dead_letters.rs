//! Records that could not be read or applied: the table `dead_letters` that each projection has.

use sqlx::PgConnection;
use threadline_domain::{Offset, Partition, Topic};

use crate::Schema;

/// A record that a projection could not read or apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub offset: Offset,
    pub reason: String,
}

/// Inserts records; the same position again changes nothing.
pub(crate) async fn note(
    schema: &Schema,
    connection: &mut PgConnection,
    letters: &[(Topic, Partition, &Letter)],
) -> Result<(), sqlx::Error> {
    if letters.is_empty() {
        return Ok(());
    }
    sqlx::query(schema.sql(
        r#"insert into @dead_letters (topic, partition, "offset", reason)
           select * from unnest($1::text[], $2::integer[], $3::bigint[], $4::text[]) on conflict do nothing"#,
    ))
    .bind(letters.iter().map(|(topic, ..)| topic.name()).collect::<Vec<_>>())
    .bind(letters.iter().map(|(_, partition, _)| *partition as i32).collect::<Vec<_>>())
    .bind(letters.iter().map(|(.., letter)| letter.offset as i64).collect::<Vec<_>>())
    // The reason may quote what made the record unreadable, and a text in Postgres holds no NUL.
    .bind(letters.iter().map(|(.., letter)| letter.reason.replace('\0', "\u{fffd}")).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
