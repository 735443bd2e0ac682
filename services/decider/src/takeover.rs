//! Finds out where the last owner of a partition stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadline_eventlog::{EventLog, Offset, Partition, Start};
use threadline_views::{Progress, Views};

use crate::recent::Recent;
use crate::{Binding, Config};

/// Events that a takeover reads at most, to know what the views lack.
const READ_EVENTS_MAX: u64 = 50_000;

/// A partition as its last owner left it.
pub(crate) struct Taken<B: Binding> {
    /// The events that the views may lack.
    pub(crate) recent: Recent<B::Aggregate>,
    /// The offset that the next event will get.
    pub(crate) end: Offset,
    /// The first command that is not decided yet.
    pub(crate) resume: Offset,
}

/// Why a takeover has to be tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Log(#[from] threadline_eventlog::Error),
    #[error(transparent)]
    Views(#[from] threadline_views::Error),
    #[error("the views are at {views} but the log ends at {log}: it is not the log they were made from")]
    LogReplaced { views: Offset, log: Offset },
    #[error("the views did not say in time how far they are")]
    ViewsHang,
    #[error("the log was shut down")]
    LogClosed,
}

/// Reads the events from the views' progress to the end: their last cause is where the last owner stopped. `committed`
/// spares commands behind it that were answered without an event.
pub(crate) async fn take_over<B: Binding>(
    config: &Config,
    log: &Arc<dyn EventLog>,
    views: &Views,
    partition: Partition,
    committed: Option<Offset>,
) -> Result<Taken<B>, Error> {
    let progress = tokio::time::timeout(config.load_timeout, views.progress(B::EVENTS)).await;
    let progress = progress.map_err(|_| Error::ViewsHang)??.get(&partition).copied().unwrap_or_default();
    let end = log.ends(B::EVENTS).await?.get(&partition).copied().unwrap_or_default();
    if progress.next > end {
        return Err(Error::LogReplaced { views: progress.next, log: end });
    }
    let recent = read_recent::<B>(config, log, partition, progress, end).await?;
    let undecided = recent.last().map_or(0, |cause| cause + 1);
    Ok(Taken { recent, end, resume: committed.unwrap_or(0).max(undecided) })
}

/// The events that the views lack, as far back as is bearable before the partition is served again.
async fn read_recent<B: Binding>(
    config: &Config,
    log: &Arc<dyn EventLog>,
    partition: Partition,
    progress: Progress,
    end: Offset,
) -> Result<Recent<B::Aggregate>, Error> {
    let mut recent = Recent::new(progress.cause, config.recent_bytes_max);
    let from = progress.next.max(end.saturating_sub(READ_EVENTS_MAX));
    let mut left_out = from > progress.next;
    let mut next = from;
    let mut tail = log.tail(B::EVENTS, BTreeMap::from([(partition, Start::At(from))]));
    while next < end {
        let batch = tail.next().await.ok_or(Error::LogClosed)?;
        for record in batch.records.iter().filter(|record| record.offset < end) {
            next = record.offset + 1;
            match B::read_event(record) {
                // The first of a cut-off tail only says where it begins: what was before it is not known.
                Ok((_, cause)) if std::mem::take(&mut left_out) => recent.skip_to(cause),
                Ok((event, cause)) => {
                    recent.push(cause, event, record.value.as_deref().map_or(0, <[u8]>::len));
                }
                Err(error) => tracing::error!(partition, event.offset = record.offset, %error, "an unreadable event"),
            }
        }
        next = next.max(batch.records.last().map_or(next, |record| record.offset + 1));
    }
    Ok(recent)
}
