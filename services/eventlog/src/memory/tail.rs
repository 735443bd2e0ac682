//! Tails of the log in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::broker::{Broker, PartitionLog};
use crate::tail::{TailSender, tail_channel};
use crate::{Offset, Partition, Record, Start, Tail, TailBatch, Topic};

/// Records in one batch.
const BATCH_RECORDS_MAX: usize = 500;
/// Bytes after which a batch takes no more records.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// Follows partitions until nobody listens or the process is gone.
pub(super) fn follow(
    broker: &Arc<Broker>,
    closing: CancellationToken,
    topic: Topic,
    from: BTreeMap<Partition, Start>,
) -> Tail {
    let (batches, tail) = tail_channel();
    let next = {
        let state = broker.lock();
        let offset_of = |(partition, start)| match start {
            Start::At(offset) => (partition, offset),
            Start::End => (partition, state.log(topic).get(partition as usize).map_or(0, PartitionLog::end)),
        };
        from.into_iter().map(offset_of).collect()
    };
    let broker = Arc::clone(broker);
    tokio::spawn(async move {
        tokio::select! {
            () = closing.cancelled() => {}
            () = send(broker, topic, next, batches) => {}
        }
    });
    tail
}

async fn send(broker: Arc<Broker>, topic: Topic, mut next: Vec<(Partition, Offset)>, batches: TailSender) {
    let mut changed = broker.changed.subscribe();
    loop {
        changed.mark_unchanged();
        let mut idle = true;
        for (partition, at) in &mut next {
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
    let mut bytes = 0;
    let has_room = |record: &&Record| {
        let had_room = bytes < BATCH_BYTES_MAX;
        bytes += record.size_bytes();
        had_room
    };
    log.records.iter().skip(skipped).take(BATCH_RECORDS_MAX).take_while(has_room).cloned().collect()
}
