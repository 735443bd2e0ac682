//! Reads the commands of all owned partitions through one tail, and hands them to their workers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::{EventLog, Offset, Partition, Start, Tail, TailBatch, Topic};
use tokio::sync::mpsc;

use crate::Config;
use crate::lane::{Handed, Lane, LaneTails};
use crate::queue::{self, Commands};

/// The time in which further partitions may join before the tail is replaced for all of them.
const GATHER_WAIT: Duration = Duration::from_millis(10);
/// Requests under way; more wait.
const REQUESTS_MAX: usize = 64;

/// A handle on the reading task, which ends with it.
pub(crate) struct Reader {
    requests: mpsc::Sender<Request>,
    records_max: usize,
    bytes_max: usize,
}

enum Request {
    Follow { partition: Partition, lane: Lane },
    Leave(Partition),
}

impl Reader {
    /// Starts reading a topic.
    pub(crate) fn start(log: Arc<dyn EventLog>, topic: Topic, config: &Config) -> Self {
        let (requests, receiver) = mpsc::channel(REQUESTS_MAX);
        let tails = LaneTails::new(Arc::clone(&log), topic, config.own_tails_max);
        tokio::spawn(read(log, topic, tails, receiver));
        Self { requests, records_max: config.read_ahead_records_max, bytes_max: config.read_ahead_bytes_max }
    }

    /// Follows a partition from an offset on.
    pub(crate) async fn follow(&self, partition: Partition, from: Offset) -> Commands {
        let (feeder, commands) = queue::bounded(self.records_max, self.bytes_max);
        let lane = Lane::new(partition, from, feeder);
        let _ = self.requests.send(Request::Follow { partition, lane }).await;
        commands
    }

    /// Stops reading a partition.
    pub(crate) async fn leave(&self, partition: Partition) {
        let _ = self.requests.send(Request::Leave(partition)).await;
    }
}

async fn read(log: Arc<dyn EventLog>, topic: Topic, tails: LaneTails, mut requests: mpsc::Receiver<Request>) {
    let mut lanes: BTreeMap<Partition, Lane> = BTreeMap::new();
    let mut tail: Option<Tail> = None;
    loop {
        tokio::select! {
            biased;
            request = requests.recv() => {
                let Some(request) = request else { return };
                let mut more = apply(&mut lanes, request);
                while let Ok(Some(request)) = tokio::time::timeout(GATHER_WAIT, requests.recv()).await {
                    more |= apply(&mut lanes, request);
                }
                if lanes.is_empty() {
                    tail = None;
                } else if more {
                    let from = lanes.iter().map(|(&partition, lane)| (partition, Start::At(lane.resume()))).collect();
                    tail = Some(log.tail(topic, from));
                }
            }
            batch = next(&mut tail) => match batch {
                Some(batch) => hand_over(&mut lanes, &tails, &batch),
                None => return,
            },
        }
    }
}

/// Applies a request. Returns whether the tail must be replaced; records of a partition that is left are only ignored.
fn apply(lanes: &mut BTreeMap<Partition, Lane>, request: Request) -> bool {
    match request {
        Request::Follow { partition, lane } => {
            lanes.insert(partition, lane);
            true
        }
        Request::Leave(partition) => {
            lanes.remove(&partition);
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

fn hand_over(lanes: &mut BTreeMap<Partition, Lane>, tails: &LaneTails, batch: &TailBatch) {
    let Some(lane) = lanes.get(&batch.partition) else { return };
    if lane.hand(batch, tails) == Handed::NobodyThere {
        lanes.remove(&batch.partition);
    }
}
