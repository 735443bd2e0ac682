//! Waiting for what must become true.

use std::time::{Duration, Instant};

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `condition` holds; panics, saying `what` was awaited, when it does not within `patience`.
/// Returns how long it took.
pub async fn until(what: &str, patience: Duration, mut condition: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < patience, "waited {} s in vain: {what}", patience.as_secs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    start.elapsed()
}
