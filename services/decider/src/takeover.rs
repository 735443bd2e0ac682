//! Finds where the last owner of a partition stopped.

use threadline_eventlog::{EventLog, LoggedAggregate, Offset, Partition};

use crate::error::TakeoverError;
use crate::past::{RangeError, Recorded, read_range};
use crate::recent_events::RecentEvents;
use crate::{Config, States};

/// A partition as its last owner left it.
pub(crate) struct Takeover<A: LoggedAggregate> {
    /// The events that the stored states may lack.
    pub(crate) recent: RecentEvents<A>,
    /// The offset that the next event will get.
    pub(crate) end: Offset,
    /// The first command that is not decided yet.
    pub(crate) resume: Offset,
}

/// Reads the events from the states' progress to the end. Their last cause is where the last owner stopped; `committed`
/// skips commands after it that gave no event.
///
/// ```text
/// commands   ... 7 8 9 | 10 11 12 ...        resume at 10
/// events     ... 5   7 9 |                   the last event's cause is 9
/// ```
///
/// Reads all of them however far the states lag: an event that this program cannot read must not be skipped. Memory
/// stays bounded, because only the latest events are kept. Fails when the states or the log do not answer, when the log
/// lost events that the states have, or at an event of a newer program; the engine then tries again after a pause.
pub(crate) async fn take_over<A: LoggedAggregate>(
    config: &Config,
    log: &dyn EventLog,
    states: &impl States<A>,
    partition: Partition,
    committed: Option<Offset>,
) -> Result<Takeover<A>, TakeoverError> {
    let progress = tokio::time::timeout(config.load_timeout, states.progress()).await;
    let progress = progress.map_err(|_| TakeoverError::StatesHang)??.get(&partition).copied().unwrap_or_default();
    let end = log.ends(A::EVENTS).await.of(partition)?.unwrap_or_default();
    if progress.next > end {
        return Err(TakeoverError::LogReplaced { states: progress.next, log: end });
    }
    let mut recent = RecentEvents::new(progress, config.recent_bytes_max);
    let reading = read_range::<A>(log, partition, progress.next, end, |record| {
        if let Some(recorded) = Recorded::read(record)? {
            recent.push(recorded);
        }
        Ok(())
    });
    reading.await.map_err(|error| match error {
        RangeError::LogClosed => TakeoverError::LogClosed,
        RangeError::Unreadable(stopped) => TakeoverError::Unreadable(stopped),
    })?;
    let undecided = recent.last().map_or(0, |cause| cause + 1);
    Ok(Takeover { recent, end, resume: committed.unwrap_or(0).max(undecided) })
}
