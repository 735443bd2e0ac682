//! Waits for a partition's appends in order, and answers whoever got no event.

use std::sync::Arc;

use threadline_eventlog::{Appending, Error, EventLog, NewRecord, Offset, Partition, Topic};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What became of a command, to be settled in the order of the commands.
pub(crate) enum Unsettled {
    /// An event is being appended.
    Event(Appending),
    /// There is no event. The answer may rest on events before it, so it waits until those are durable.
    Refusal(NewRecord),
    /// Everything below this command offset came before.
    Done(Offset),
}

/// Settles until the channel closes. At the first append that fails, or that lands where another writer's record must
/// have come between, `broken` is cancelled and nothing more is answered: the partition is taken over again.
pub(crate) async fn run(
    log: Arc<dyn EventLog>,
    partition: Partition,
    mut end: Offset,
    mut queue: mpsc::Receiver<Unsettled>,
    done: watch::Sender<Option<Offset>>,
    broken: CancellationToken,
) {
    let _cancel_when_gone = broken.clone().drop_guard();
    while let Some(unsettled) = queue.recv().await {
        match unsettled {
            Unsettled::Event(appending) => match appending.await {
                Ok(position) if position.offset == end => end += 1,
                Ok(position) => {
                    tracing::warn!(partition, expected = end, event.position = %position, "another writer was here");
                    return;
                }
                Err(error) => {
                    tracing::warn!(partition, %error, "an event could not be appended");
                    return;
                }
            },
            Unsettled::Refusal(record) => answer(&*log, record).await,
            Unsettled::Done(offset) => {
                done.send_replace(Some(offset));
            }
        }
    }
}

/// Appends an answer without waiting for it: a lost answer is a timeout at the edge, never a wrong outcome.
async fn answer(log: &dyn EventLog, record: NewRecord) {
    let appending = log.append(Topic::Rejections, record);
    tokio::spawn(async move {
        if let Err(error) = appending.await {
            metrics::counter!("threadline_decider_answers_lost_total").increment(1);
            if !matches!(error, Error::Full) {
                tracing::debug!(%error, "an answer could not be appended");
            }
        }
    });
}
