//! `threadline replay rebuild`.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use threadline_projections::Projection;
use threadline_projector::{self as projector, Rebuild, RebuildError, RebuildProgress, rebuild};
use tokio_util::sync::CancellationToken;

use super::arguments::Output;
use crate::error::Error;
use crate::output;
use crate::storage::Storage;

pub(super) async fn run(
    config: projector::Config,
    storage: &Storage,
    projection: Arc<dyn Projection>,
    throttle: Option<u32>,
    Output { json }: Output,
    stop: CancellationToken,
) -> Result<(), Error> {
    let name = projection.spec().name;
    let bar = bar(name, json);
    let start = Instant::now();
    // A rebuild that goes on from an earlier one is not faster for that.
    let (mut before, mut applied) = (None, 0);
    let on_progress = |progress: RebuildProgress| {
        before.get_or_insert(progress.applied);
        applied = progress.applied;
        bar.set_length(progress.total);
        bar.set_position(progress.applied);
    };
    let asked = Rebuild { projection, config, records_per_second_max: throttle };
    let built = rebuild(asked, Arc::clone(&storage.log), &storage.registry, on_progress, stop).await;
    bar.finish_and_clear();
    let generation = built.map_err(|error| match error {
        RebuildError::Busy(_) => Error::Refused(error.to_string()),
        error => error.into(),
    })?;
    let (seconds, records) = (start.elapsed().as_secs_f64(), applied - before.unwrap_or_default());
    if json {
        output::line(json!({
            "projection": name, "generation": generation.number, "schema": generation.schema.as_str(),
            "records": records, "seconds": seconds, "records_per_second": records as f64 / seconds,
        }));
    } else {
        output::line(format_args!(
            "{} is built: {records} records in {seconds:.1} s ({:.0}/s); `threadline replay swap {name}` makes it live",
            generation.schema,
            records as f64 / seconds
        ));
    }
    Ok(())
}

fn bar(name: &str, json: bool) -> ProgressBar {
    let hidden = json || !std::io::stderr().is_terminal();
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
    let look = "{msg}  {wide_bar} {human_pos}/{human_len} records, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, target).with_style(style).with_message(name.to_owned())
}
