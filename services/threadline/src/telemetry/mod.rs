//! Logs and metrics of the process.

mod logs;
mod measured;

pub use logs::start_logs;
pub use measured::{MetricsError, markdown, metrics, start_metrics};
