//! A tail's reading end, and the bounded queue that leads to it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{Partition, Record};

/// Batches that wait for a tail's reader.
const TAIL_BATCHES_MAX: usize = 16;
/// Bytes of the records in them. A batch that is larger waits alone.
const TAIL_BYTES_MAX: u32 = 4 << 20;

/// Some records of one partition, in order, never none. Shared, because many tails of one process read the same ones.
#[derive(Clone, Debug)]
pub struct TailBatch {
    pub partition: Partition,
    /// Records of one partition, in order, at least one. Shared, because many tails of one process read the same ones.
    pub records: Arc<[Record]>,
}

/// Follows partitions of a topic. Dropping it ends it.
///
/// - Within a partition records come in offset order, without gaps other than those of the log (compaction, retention).
///   Batches of different partitions come in any order.
/// - It never fails: during an outage it waits. [`next`](Self::next) returns `None` only when the log was shut down.
/// - At most 16 batches wait for the reader, with at most 4 MiB of records unless a single batch is larger. When there
///   is no room, the log stops reading until the reader takes a batch: a slow reader delays itself and no other tail.
///
/// ```text
/// while let Some(TailBatch { partition, records }) = tail.next().await {
///     apply(partition, &records);          // resume later from records.last().offset + 1
/// }
/// ```
pub struct Tail {
    batches: mpsc::Receiver<WaitingBatch>,
}

struct WaitingBatch {
    batch: TailBatch,
    /// Its bytes, given back when the reader takes it.
    _room: OwnedSemaphorePermit,
}

impl Tail {
    /// Waits for the next batch; `None` when the log was shut down. Cancel-safe: a batch is never lost.
    pub async fn next(&mut self) -> Option<TailBatch> {
        self.batches.recv().await.map(|waiting| waiting.batch)
    }

    /// Takes a batch that is already there.
    pub fn try_next(&mut self) -> Option<TailBatch> {
        self.batches.try_recv().ok().map(|waiting| waiting.batch)
    }
}

/// The log's end of a tail.
#[derive(Debug)]
pub(crate) struct TailSender {
    batches: mpsc::Sender<WaitingBatch>,
    room: Arc<Semaphore>,
}

/// The error of a sender whose tail was dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unread;

/// Makes a tail and the end that the log writes to.
pub(crate) fn tail_channel() -> (TailSender, Tail) {
    let (batches, batches_out) = mpsc::channel(TAIL_BATCHES_MAX);
    let room = Arc::new(Semaphore::new(TAIL_BYTES_MAX as usize));
    (TailSender { batches, room }, Tail { batches: batches_out })
}

impl TailSender {
    /// Hands a batch over as soon as there is room for it. One writer at a time. Fails when the tail was dropped.
    pub(crate) async fn send(&self, batch: TailBatch) -> Result<(), Unread> {
        let bytes: usize = batch.records.iter().map(Record::size_bytes).sum();
        let bytes = u32::try_from(bytes).unwrap_or(TAIL_BYTES_MAX).min(TAIL_BYTES_MAX);
        // A reader that goes away drops the batches that wait, which makes room.
        let room = Arc::clone(&self.room).acquire_many_owned(bytes).await.map_err(|_| Unread)?;
        self.batches.send(WaitingBatch { batch, _room: room }).await.map_err(|_| Unread)
    }

    /// Whether the tail was dropped.
    pub(crate) fn is_closed(&self) -> bool {
        self.batches.is_closed()
    }

    /// Waits until the tail is dropped.
    pub(crate) async fn closed(&self) {
        self.batches.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::FutureExt;

    use super::*;
    use crate::Headers;

    fn batch(bytes: usize) -> TailBatch {
        let value = Some(Bytes::from(vec![0; bytes]));
        let (key, headers) = (Bytes::new(), Headers::new());
        let record = Record { partition: 0, offset: 0, appended_at_ms: 0, key, value, headers };
        TailBatch { partition: 0, records: [record].into() }
    }

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let (sender, mut tail) = tail_channel();
        for _ in 0..4 {
            assert_eq!(sender.send(batch(1 << 20)).now_or_never(), Some(Ok(())));
        }
        let mut fifth = Box::pin(sender.send(batch(1 << 20)));
        assert_eq!((&mut fifth).now_or_never(), None, "there is no room");
        assert!(tail.try_next().is_some());
        assert_eq!(fifth.now_or_never(), Some(Ok(())));
    }

    #[test]
    fn a_batch_larger_than_the_bound_waits_alone() {
        let (sender, mut tail) = tail_channel();
        assert_eq!(sender.send(batch(64)).now_or_never(), Some(Ok(())));
        let mut large = Box::pin(sender.send(batch(6 << 20)));
        assert_eq!((&mut large).now_or_never(), None);
        assert!(tail.try_next().is_some());
        assert_eq!(large.now_or_never(), Some(Ok(())));
        assert_eq!(sender.send(batch(64)).now_or_never(), None);
        assert_eq!(tail.try_next().map(|batch| batch.records[0].size_bytes()), Some(6 << 20));
    }

    #[test]
    fn a_writer_that_waits_learns_that_nobody_reads() {
        let (sender, tail) = tail_channel();
        assert_eq!(sender.send(batch(6 << 20)).now_or_never(), Some(Ok(())));
        let mut next = Box::pin(sender.send(batch(64)));
        assert_eq!((&mut next).now_or_never(), None);
        drop(tail);
        assert_eq!(next.now_or_never(), Some(Err(Unread)));
    }
}
