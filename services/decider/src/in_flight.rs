//! Waits for a partition's appends in order, and replies to commands that gave no event.

use std::collections::VecDeque;
use std::sync::Arc;

use threadline_eventlog::{Appending, Error, EventLog, NewRecord, Offset, Partition, Topic};
use tokio::sync::watch;

use crate::error::Broken;
use crate::metrics;

/// The result of a command, finished in the order of the commands.
pub(crate) enum InFlight {
    /// An event is being appended.
    Event(Appending),
    /// A command that cannot be read is being put into the dead letters.
    Letter(Appending),
    /// There is no event. The reply may rest on events before it, so it waits until those are durable.
    Refusal(NewRecord),
    /// Every command below this offset was pushed before.
    Done(Offset),
}

/// A partition's appends and replies under way.
///
/// ```text
/// pushed   Event(1)  Event(2)  Refusal(3)  Event(4) ...
/// finished ok ─────▶ ok ─────▶ reply sent  FAILED ──▶ Broken: stop, take over again; nothing after 4 is in the log
/// ```
///
/// The worker that appends is the one that waits: once an append fails, the log fails every later append to the
/// partition until the failure was received ([`EventLog`], "Failed appends"). A writer that stops at the first failure
/// leaves no gap.
pub(crate) struct CommandsInFlight {
    log: Arc<dyn EventLog>,
    partition: Partition,
    /// The offset that the next event must get; any other means that someone else wrote here.
    end: Offset,
    queue: VecDeque<InFlight>,
    done: watch::Sender<Option<Offset>>,
}

impl CommandsInFlight {
    /// Makes one with nothing under way. The next event gets the offset `end`. `done` receives the offset of the last
    /// finished command.
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        partition: Partition,
        end: Offset,
        done: watch::Sender<Option<Offset>>,
    ) -> Self {
        Self { log, partition, end, queue: VecDeque::new(), done }
    }

    /// Adds the result of the next command.
    pub(crate) fn push(&mut self, command: InFlight) {
        self.queue.push_back(command);
    }

    /// Returns how many results are under way.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Settles the oldest result; pending while there is none. Cancel-safe.
    pub(crate) async fn finish_next(&mut self) -> Result<(), Broken> {
        match self.queue.front_mut() {
            None => std::future::pending().await,
            Some(InFlight::Event(appending)) => match appending.await {
                Ok(position) if position.offset == self.end => self.end += 1,
                Ok(position) => {
                    let partition = self.partition;
                    tracing::warn!(
                        partition,
                        expected = self.end,
                        event.position = %position,
                        "another process wrote to partition {partition}: an event landed at {position} instead of \
                         offset {}; taking the partition over again",
                        self.end
                    );
                    return Err(Broken::AnotherWriter);
                }
                Err(error) => {
                    tracing::warn!(
                        partition = self.partition,
                        %error,
                        "failed to append an event to partition {}: {error}; taking the partition over again",
                        self.partition
                    );
                    return Err(Broken::NotAppended);
                }
            },
            Some(InFlight::Letter(appending)) => {
                if let Err(error) = appending.await {
                    tracing::warn!(
                        partition = self.partition,
                        %error,
                        "failed to append a dead letter of partition {}: {error}; taking the partition over again",
                        self.partition
                    );
                    return Err(Broken::NotAppended);
                }
            }
            Some(InFlight::Refusal(record)) => answer(&*self.log, record.clone()),
            Some(InFlight::Done(offset)) => {
                self.done.send_replace(Some(*offset));
            }
        }
        self.queue.pop_front();
        Ok(())
    }
}

/// Appends a reply without waiting for it: a lost reply is a timeout at the edge, never a wrong outcome.
fn answer(log: &dyn EventLog, record: NewRecord) {
    let appending = log.append(Topic::Rejections, record);
    tokio::spawn(async move {
        if let Err(error) = appending.await {
            metrics::answers_lost().increment(1);
            if !matches!(error, Error::Full) {
                tracing::debug!(%error, "failed to append an answer: {error}; its client waits until its deadline");
            }
        }
    });
}
