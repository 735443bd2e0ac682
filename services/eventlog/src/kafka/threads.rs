//! Runs blocking calls of librdkafka where they may block.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use crate::Error;

/// Runs a blocking call on a thread for such calls.
pub(super) async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let answer = tokio::task::spawn_blocking(question).await;
    answer.unwrap_or_else(|error| Err(Error::unavailable("a thread for Kafka's client ended", error)))
}

/// Runs a blocking call right here; where the runtime can, its other tasks go on meanwhile.
pub(super) fn may_block<T>(question: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(question),
        _ => question(),
    }
}

/// Runs a blocking loop on a thread of its own.
pub(super) fn thread(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(work) {
        tracing::error!(%error, os_thread.name = name, "failed to start the thread {name}: {error}");
    }
}
