//! Records that could not be read or applied.

use sqlx::PgPool;
use threadline_domain::Position;

use crate::Error;

/// Notes a record; the same position again changes nothing.
pub(crate) async fn note(pool: &PgPool, position: Position, reason: &str) -> Result<(), Error> {
    sqlx::query(
        r#"insert into dead_letters (topic, partition, "offset", reason) values ($1, $2, $3, $4)
           on conflict do nothing"#,
    )
    .bind(position.topic.name())
    .bind(position.partition as i32)
    .bind(position.offset as i64)
    // The reason may quote what made the record unreadable, and a text in Postgres holds no NUL.
    .bind(reason.replace('\0', "\u{fffd}"))
    .execute(pool)
    .await?;
    Ok(())
}
