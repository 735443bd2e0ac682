//! Checksums of a generation: equal exactly when the rows are, however they were written.

use std::collections::BTreeMap;

use sqlx::PgPool;

use crate::{Error, Schema, Spec};

/// The tables that every projection has.
const TABLES: [&str; 2] = ["positions", "dead_letters"];

/// Computes for each table the number of its rows and a 128-bit sum over them.
pub(crate) async fn all(spec: &Spec, schema: &Schema, pool: &PgPool) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut checksums = BTreeMap::new();
    for &table in spec.tables.iter().chain(&TABLES) {
        // A sum needs no sort and no memory; the primary key makes every row unique, so none can cancel another out.
        let checksum = sqlx::query_scalar(schema.sql(&format!(
            "select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)
                 || ':' || coalesce(sum(hashtextextended(t::text, 1)::numeric), 0) from @{table} t"
        )))
        .fetch_one(pool)
        .await?;
        checksums.insert(table, checksum);
    }
    Ok(checksums)
}
