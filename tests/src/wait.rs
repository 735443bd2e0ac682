//! Waiting for what must become true.

use std::time::{Duration, Instant};

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `condition` holds; panics, saying `what` was awaited, when it does not within `patience`.
/// Returns how long it took.
pub async fn until(what: &str, patience: Duration, condition: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    assert!(holds_within(patience, condition).await, "waited {} s in vain: {what}", patience.as_secs());
    start.elapsed()
}

/// Looks until `condition` holds, or `patience` is at its end; returns whether it holds.
pub async fn holds_within(patience: Duration, mut condition: impl AsyncFnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition().await {
        if start.elapsed() >= patience {
            return false;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    true
}
