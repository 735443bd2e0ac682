//! Connections that get no permit: an answer that says so, and the end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use threadline_wire::ErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::permits::NoPermit;
use crate::error::Problem;
use crate::metrics;

/// Refusals under way; further connections are closed without an answer.
const REFUSALS_MAX: usize = 256;
/// How long a refused client may take to read its answer and to close.
const REFUSAL_WAIT: Duration = Duration::from_secs(1);
/// What is read of a refused client, so that closing does not reset the connection before it has read its answer.
const REFUSED_BYTES_MAX: u64 = 64 * 1024;

/// Refuses connections at once.
#[derive(Clone)]
pub(super) struct Refusals {
    turns: Arc<Semaphore>,
    full: Bytes,
    address_full: Bytes,
}

impl Refusals {
    pub(super) fn new() -> Self {
        let answer = |detail| Bytes::from(Problem::new(ErrorCode::Unavailable, detail).as_http());
        Self {
            turns: Arc::new(Semaphore::new(REFUSALS_MAX)),
            full: answer("too many connections; try again, or another edge"),
            address_full: answer("too many connections from this address"),
        }
    }

    /// Answers 503 and closes, without holding up the caller.
    pub(super) fn refuse(&self, mut stream: TcpStream, reason: NoPermit) {
        metrics::connections_refused(reason.name()).increment(1);
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else { return };
        let answer = match reason {
            NoPermit::Full => self.full.clone(),
            NoPermit::AddressFull => self.address_full.clone(),
        };
        tokio::spawn(async move {
            let _turn = turn;
            let refusal = async {
                stream.write_all(&answer).await?;
                stream.shutdown().await?;
                tokio::io::copy(&mut stream.take(REFUSED_BYTES_MAX), &mut tokio::io::sink()).await
            };
            // A client that goes away meanwhile has its answer.
            let _ = tokio::time::timeout(REFUSAL_WAIT, refusal).await;
        });
    }
}
