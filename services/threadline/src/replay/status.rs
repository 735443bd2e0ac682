//! `threadline replay status`.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use threadline_projections::{Error as ProjectionsError, Generation, projections};
use tokio_util::sync::CancellationToken;

use super::arguments::Output;
use crate::error::Error;
use crate::output;
use crate::storage::Storage;

/// Between two looks of `--watch`.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A generation as it is shown.
#[derive(Debug, Serialize)]
struct Row {
    projection: String,
    generation: u32,
    version: u32,
    state: &'static str,
    schema: String,
    /// Records that the log has and the generation has not; null when that cannot be told: of another version, or without
    /// its tables, or while the log is away.
    behind: Option<u64>,
}

pub(super) async fn run(
    storage: &Storage,
    watch: bool,
    Output { json }: Output,
    stop: CancellationToken,
) -> Result<(), Error> {
    loop {
        let mut rows = Vec::new();
        for generation in storage.registry.generations().await? {
            rows.push(row(storage, generation).await);
        }
        show(&rows, json);
        if !watch {
            return Ok(());
        }
        if !json {
            output::line("");
        }
        let pause = tokio::time::sleep(LOOK_EVERY);
        if stop.run_until_cancelled(pause).await.is_none() {
            return Ok(());
        }
    }
}

async fn row(storage: &Storage, generation: Generation) -> Row {
    let behind = behind(storage, &generation).await.ok().flatten();
    Row {
        projection: generation.name,
        generation: generation.number,
        version: generation.version,
        state: generation.state.name(),
        schema: generation.schema.to_string(),
        behind,
    }
}

async fn behind(storage: &Storage, generation: &Generation) -> Result<Option<u64>, ProjectionsError> {
    let known = projections().into_iter().find(|projection| {
        let spec = projection.spec();
        spec.name == generation.name && spec.version == generation.version
    });
    let Some(projection) = known else { return Ok(None) };
    let feed = storage.registry.feed(Arc::clone(&projection), generation.clone());
    let mut behind = 0;
    for &topic in projection.spec().topics {
        let progress = feed.progress(topic).await?;
        let Ok(ends) = storage.log.ends(topic).await.all() else { return Ok(None) };
        for (partition, end) in ends {
            let next = progress.get(&partition).map_or(0, |at| at.next);
            behind += end.saturating_sub(next);
        }
    }
    Ok(Some(behind))
}

fn show(rows: &[Row], json: bool) {
    for row in rows {
        if json {
            output::line(serde_json::to_string(row).unwrap_or_default());
            continue;
        }
        let behind = row.behind.map_or_else(|| "unknown".to_owned(), |records| format!("{records} records behind"));
        let Row { projection, generation, version, state, .. } = row;
        output::line(format_args!(
            "{projection:<15} generation {generation:<4} version {version:<4} {state:<9} {behind}"
        ));
    }
}
