//! Tails of the log in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::broker::{Broker, PartitionLog};
use crate::{Offset, Partition, Record, Start, Tail, TailBatch, Topic};

/// Batches that wait for a tail's reader.
const TAIL_BATCHES_MAX: usize = 16;
/// Records in one batch.
const BATCH_RECORDS_MAX: usize = 500;

/// Follows partitions until nobody listens or the process is gone.
pub(super) fn follow(
    broker: &Arc<Broker>,
    closing: CancellationToken,
    topic: Topic,
    from: BTreeMap<Partition, Start>,
) -> Tail {
    let (batches, batches_out) = mpsc::channel(TAIL_BATCHES_MAX);
    let places = {
        let state = broker.lock();
        let place = |(partition, start)| match start {
            Start::At(offset) => (partition, offset),
            Start::End => (partition, state.log(topic).get(partition as usize).map_or(0, PartitionLog::end)),
        };
        from.into_iter().map(place).collect()
    };
    let broker = Arc::clone(broker);
    tokio::spawn(async move {
        tokio::select! {
            () = closing.cancelled() => {}
            () = send(broker, topic, places, batches) => {}
        }
    });
    Tail::new(batches_out)
}

async fn send(
    broker: Arc<Broker>,
    topic: Topic,
    mut places: Vec<(Partition, Offset)>,
    batches: mpsc::Sender<TailBatch>,
) {
    let mut changed = broker.changed.subscribe();
    loop {
        changed.mark_unchanged();
        let mut idle = true;
        for (partition, at) in &mut places {
            let records = records(&broker, topic, *partition, *at);
            if let Some(last) = records.last() {
                idle = false;
                *at = last.offset + 1;
                if batches.send(TailBatch { partition: *partition, records }).await.is_err() {
                    return;
                }
            }
        }
        if idle {
            tokio::select! {
                _ = changed.changed() => {}
                () = batches.closed() => return,
            }
        }
    }
}

fn records(broker: &Broker, topic: Topic, partition: Partition, at: Offset) -> Arc<[Record]> {
    let state = broker.lock();
    let Some(log) = state.log(topic).get(partition as usize).filter(|_| !state.is_away(topic, partition)) else {
        return Arc::new([]);
    };
    let skipped = at.saturating_sub(log.start) as usize;
    log.records.iter().skip(skipped).take(BATCH_RECORDS_MAX).cloned().collect()
}
