//! From signals to a token.

use std::process;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports for a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Cancelled by the first SIGTERM or SIGINT; the second one ends the process at once.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let shutdown = token.clone();
    tokio::spawn(async move {
        for again in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if again {
                process::exit(INTERRUPTED);
            }
            shutdown.cancel();
        }
    });
    Ok(token)
}
