//! `threadline replay swap` and `rollback`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use threadline_projections::{Generation, Projection, SwapError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::arguments::Output;
use crate::error::Error;
use crate::output;
use crate::storage::Storage;

/// How long the other generation may take to be where the live one is.
const UP_TO_DATE_WITHIN: Duration = Duration::from_secs(20);
/// Between two tries.
const TRY_EVERY: Duration = Duration::from_millis(200);

/// Which generation takes the live one's place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exchange {
    /// The rebuilt one.
    Swap,
    /// The one before.
    Rollback,
}

pub(super) async fn run(
    exchange: Exchange,
    storage: &Storage,
    projection: Arc<dyn Projection>,
    output: Output,
    stop: CancellationToken,
) -> Result<(), Error> {
    let (name, registry) = (projection.spec().name, &storage.registry);
    let exchange = async || match exchange {
        Exchange::Swap => registry.swap(name).await,
        Exchange::Rollback => registry.rollback(name).await,
    };
    said(&until_up_to_date(exchange, stop).await?, output);
    Ok(())
}

/// Tries until the other generation is not behind. Under way, records are always in one of the two for a moment.
async fn until_up_to_date(
    exchange: impl AsyncFn() -> Result<Generation, SwapError>,
    stop: CancellationToken,
) -> Result<Generation, Error> {
    let deadline = Instant::now() + UP_TO_DATE_WITHIN;
    loop {
        match exchange().await {
            Ok(generation) => return Ok(generation),
            Err(SwapError::Behind { .. }) if Instant::now() < deadline => {}
            Err(refused @ (SwapError::Behind { .. } | SwapError::Missing { .. })) => {
                return Err(Error::Refused(refused.to_string()));
            }
            Err(SwapError::Failed(error)) => return Err(error.into()),
        }
        if stop.run_until_cancelled(tokio::time::sleep(TRY_EVERY)).await.is_none() {
            return Err(Error::Refused("stopped while the other generation was behind".into()));
        }
    }
}

fn said(live: &Generation, Output { json }: Output) {
    if json {
        output::line(json!({
            "projection": live.name, "generation": live.number, "schema": live.schema.as_str(), "state": "live",
        }));
    } else {
        output::line(format_args!("{} is live now", live.schema));
    }
}
