//! Reads the commands of all owned partitions through one tail, and hands them to their workers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::{EventLog, Offset, Partition, Start, Tail, TailBatch, Topic};
use tokio::sync::mpsc;

/// How long further partitions may join before the tail is made anew for all of them.
const GATHER: Duration = Duration::from_millis(10);
/// Requests under way; more wait.
const REQUESTS_MAX: usize = 64;

/// A handle on the reading task, which ends with it.
pub(crate) struct Reader {
    requests: mpsc::Sender<Request>,
}

enum Request {
    Follow { partition: Partition, from: Offset, batches: mpsc::Sender<TailBatch> },
    Leave(Partition),
}

struct Followed {
    next: Offset,
    batches: mpsc::Sender<TailBatch>,
}

impl Reader {
    /// Starts reading this topic.
    pub(crate) fn start(log: Arc<dyn EventLog>, topic: Topic) -> Self {
        let (requests, receiver) = mpsc::channel(REQUESTS_MAX);
        tokio::spawn(read(log, topic, receiver));
        Self { requests }
    }

    /// The records of a partition from this offset on; at most `batches_max` batches are read ahead.
    pub(crate) async fn follow(
        &self,
        partition: Partition,
        from: Offset,
        batches_max: usize,
    ) -> mpsc::Receiver<TailBatch> {
        let (batches, receiver) = mpsc::channel(batches_max);
        let _ = self.requests.send(Request::Follow { partition, from, batches }).await;
        receiver
    }

    /// Stops reading a partition.
    pub(crate) async fn leave(&self, partition: Partition) {
        let _ = self.requests.send(Request::Leave(partition)).await;
    }
}

async fn read(log: Arc<dyn EventLog>, topic: Topic, mut requests: mpsc::Receiver<Request>) {
    let mut followed: BTreeMap<Partition, Followed> = BTreeMap::new();
    let mut tail: Option<Tail> = None;
    loop {
        tokio::select! {
            biased;
            request = requests.recv() => {
                let Some(request) = request else { return };
                let mut more = apply(&mut followed, request);
                while let Ok(Some(request)) = tokio::time::timeout(GATHER, requests.recv()).await {
                    more |= apply(&mut followed, request);
                }
                if followed.is_empty() {
                    tail = None;
                } else if more {
                    let from = followed.iter().map(|(&partition, f)| (partition, Start::At(f.next))).collect();
                    tail = Some(log.tail(topic, from));
                }
            }
            batch = next(&mut tail) => match batch {
                Some(batch) => hand_over(&mut followed, batch).await,
                None => return,
            },
        }
    }
}

/// Whether the tail must be made anew: a partition that is left is only ignored.
fn apply(followed: &mut BTreeMap<Partition, Followed>, request: Request) -> bool {
    match request {
        Request::Follow { partition, from, batches } => {
            followed.insert(partition, Followed { next: from, batches });
            true
        }
        Request::Leave(partition) => {
            followed.remove(&partition);
            false
        }
    }
}

async fn next(tail: &mut Option<Tail>) -> Option<TailBatch> {
    match tail {
        Some(tail) => tail.next().await,
        None => std::future::pending().await,
    }
}

/// A worker that falls behind holds up the others for as long as its bounded queue is full.
async fn hand_over(followed: &mut BTreeMap<Partition, Followed>, batch: TailBatch) {
    let partition = batch.partition;
    let Some(to) = followed.get_mut(&partition) else { return };
    let Some(last) = batch.records.last().map(|record| record.offset) else { return };
    if last < to.next {
        return;
    }
    if to.batches.send(batch).await.is_ok() {
        to.next = last + 1;
    } else {
        followed.remove(&partition);
    }
}
