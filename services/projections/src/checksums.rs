//! Checksums of the views: equal rows, equal checksums, however they came about.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgPool};

use crate::Error;

/// The tables that follow from the log.
const TABLES: [&str; 9] =
    ["source", "positions", "threads", "members", "messages", "timeline", "reads", "users", "dead_letters"];

/// For each table the number of its rows and a 128-bit sum over them.
pub(crate) async fn all(pool: &PgPool) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut checksums = BTreeMap::new();
    for table in TABLES {
        // A sum needs no sort and no memory; the primary key makes every row unique, so none can cancel another out.
        let checksum = sqlx::query_scalar(AssertSqlSafe(format!(
            "select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
                 || ':' || coalesce(sum(hashtextextended(t::text, 1)::numeric), 0) from {table} t"
        )))
        .fetch_one(pool)
        .await?;
        checksums.insert(table, checksum);
    }
    Ok(checksums)
}
