//! Follows partitions with a consumer outside any group, at offsets of our choice, read by a thread of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message};
use rdkafka::topic_partition_list::{Offset as KafkaOffset, TopicPartitionList};
use tokio::runtime::Handle;

use super::cluster::{self, Cluster};
use super::config::KafkaConfig;
use super::context::Logging;
use crate::metrics;
use crate::tail::TailSender;
use crate::{Headers, Offset, Partition, Record, TailBatch};

/// Records of one batch.
const BATCH_RECORDS_MAX: usize = 512;
/// Bytes after which a batch takes no more records.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// The longest wait for a record before checking whether the reader is still there.
const POLL_MS: u64 = 200;
/// The interval of asking again for the end of a partition that is away.
const END_AGAIN_MS: u64 = 2_000;
/// The longest time that this may delay the partitions that answer.
const END_MS_MAX: u64 = 500;
/// The wait before a retry.
const RETRY_MS: u64 = 200;

/// The partitions that are followed, and how far.
pub(super) struct Following {
    pub(super) config: KafkaConfig,
    pub(super) cluster: Cluster,
    /// The topic's full name.
    pub(super) topic: String,
    /// How many partitions it has.
    pub(super) partitions: u32,
    /// The next offset of each partition; `None` until its end is known.
    pub(super) next: BTreeMap<Partition, Option<Offset>>,
    pub(super) batches: TailSender,
    /// Where a batch waits for room.
    pub(super) runtime: Handle,
}

/// Why a consumer was given up.
enum Ended {
    /// The tail was dropped.
    Unread,
    /// The end of a partition was found that was away; the next consumer reads it with the others.
    Found,
    /// The consumer may be stuck; the next one continues where it stopped.
    Broken,
}

impl Following {
    /// Reads until the tail is dropped.
    pub(super) fn run(mut self) {
        // Ends that a new consumer could not reach either: there is nothing left to read.
        let mut unreachable = BTreeMap::new();
        while !self.batches.is_closed() {
            if !self.find_ends(cluster::timeout()) {
                std::thread::sleep(Duration::from_millis(RETRY_MS));
                continue;
            }
            match self.consumer().and_then(|consumer| self.follow(&consumer, &mut unreachable)) {
                Ok(Ended::Unread) => return,
                Ok(Ended::Found) => {}
                Ok(Ended::Broken) => metrics::tail_restarts().increment(1),
                Err(error) => {
                    tracing::warn!(
                        %error,
                        topic = self.topic,
                        "failed to read {}: {error}; a new consumer starts in {RETRY_MS} ms",
                        self.topic
                    );
                    std::thread::sleep(Duration::from_millis(RETRY_MS));
                }
            }
        }
    }

    /// Looks up the offsets of partitions that start at their end, as far as they answer; `false` when no offset is
    /// known yet.
    pub(super) fn find_ends(&mut self, wait: Duration) -> bool {
        if self.is_complete() {
            return true;
        }
        let ends = self.cluster.ends(&self.topic, self.partitions, wait);
        for (partition, next) in &mut self.next {
            *next = next.or_else(|| ends.known().get(partition).copied());
        }
        self.next.is_empty() || self.next.values().any(Option::is_some)
    }

    /// Whether every partition's next offset is known.
    fn is_complete(&self) -> bool {
        self.next.values().all(Option::is_some)
    }

    fn consumer(&self) -> Result<BaseConsumer<Logging>, KafkaError> {
        let consumer: BaseConsumer<Logging> = self.config.tail().create_with_context(Logging::default())?;
        let mut offsets = TopicPartitionList::with_capacity(self.next.len());
        for (partition, next) in self.next.iter().filter_map(|(partition, next)| Some((partition, (*next)?))) {
            offsets.add_partition_offset(
                &self.topic,
                partition.cast_signed(),
                KafkaOffset::Offset(next.cast_signed()),
            )?;
        }
        consumer.assign(&offsets)?;
        Ok(consumer)
    }

    fn follow(
        &mut self,
        consumer: &BaseConsumer<Logging>,
        unreachable: &mut BTreeMap<Partition, Offset>,
    ) -> Result<Ended, KafkaError> {
        let mut heard = Instant::now();
        let mut asked = Instant::now();
        loop {
            if !self.is_complete() && asked.elapsed() > Duration::from_millis(END_AGAIN_MS) {
                let known = self.next.values().flatten().count();
                self.find_ends(Duration::from_millis(END_MS_MAX));
                if self.next.values().flatten().count() > known {
                    return Ok(Ended::Found);
                }
                asked = Instant::now();
            }
            let mut batch = Gathered::default();
            let mut wait = Duration::from_millis(POLL_MS);
            while let Some(message) = consumer.poll(wait) {
                wait = Duration::ZERO;
                match message {
                    Ok(message) => batch.take(&message, &mut self.next),
                    // The client goes on by itself, and has logged it.
                    Err(KafkaError::MessageConsumption(error)) => tracing::debug!(
                        %error,
                        topic = self.topic,
                        "failed to fetch from {}: {error}; the client retries",
                        self.topic
                    ),
                    Err(error) => return Err(error),
                }
                if batch.records >= BATCH_RECORDS_MAX || batch.bytes >= BATCH_BYTES_MAX {
                    break;
                }
            }
            if batch.records > 0 {
                heard = Instant::now();
            }
            for (partition, records) in batch.by_partition {
                let batch = TailBatch { partition, records: records.into() };
                if self.runtime.block_on(self.batches.send(batch)).is_err() {
                    return Ok(Ended::Unread);
                }
            }
            if self.batches.is_closed() {
                return Ok(Ended::Unread);
            }
            if heard.elapsed() > self.config.tail_silent {
                heard = Instant::now();
                if self.stalled(unreachable) {
                    tracing::warn!(
                        topic = self.topic,
                        "records of {} are there but do not come; a new consumer starts",
                        self.topic
                    );
                    return Ok(Ended::Broken);
                }
            }
        }
    }

    /// Whether the log has records that the consumer does not deliver.
    fn stalled(&self, unreachable: &mut BTreeMap<Partition, Offset>) -> bool {
        let ends = self.cluster.ends(&self.topic, self.partitions, cluster::timeout()).known().clone();
        let is_behind = |(partition, end): (&Partition, &Offset)| {
            let next = self.next.get(partition).copied().flatten();
            next.is_some_and(|next| next < *end) && unreachable.get(partition) != Some(end)
        };
        let stalled = ends.iter().any(is_behind);
        if stalled {
            *unreachable = ends;
        }
        stalled
    }
}

/// Records that were available together.
#[derive(Default)]
struct Gathered {
    by_partition: BTreeMap<Partition, Vec<Record>>,
    records: usize,
    bytes: usize,
}

impl Gathered {
    /// Adds a record, unless its offset is below the next one.
    fn take(&mut self, message: &BorrowedMessage<'_>, next: &mut BTreeMap<Partition, Option<Offset>>) {
        let record = record(message);
        let Some(Some(next)) = next.get_mut(&record.partition) else { return };
        if record.offset < *next {
            return;
        }
        *next = record.offset + 1;
        self.records += 1;
        self.bytes += record.size_bytes();
        self.by_partition.entry(record.partition).or_default().push(record);
    }
}

/// Copies a record out of the client's memory, into one buffer of its own.
fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers();
    let headers_bytes = headers.map_or(0, |headers| {
        headers.iter().map(|header| header.key.len() + header.value.map_or(0, <[u8]>::len)).sum::<usize>()
    });
    let mut buffer = BytesMut::with_capacity(message.key_len() + message.payload_len() + headers_bytes);
    let mut copy = |bytes: &[u8]| -> Bytes {
        buffer.extend_from_slice(bytes);
        buffer.split().freeze()
    };
    let key = copy(message.key().unwrap_or_default());
    let value = message.payload().map(&mut copy);
    let mut kept = Headers::new();
    for header in headers.into_iter().flat_map(rdkafka::message::Headers::iter) {
        kept.push(copy(header.key.as_bytes()), copy(header.value.unwrap_or_default()));
    }
    Record {
        partition: message.partition().cast_unsigned(),
        offset: message.offset().cast_unsigned(),
        appended_at_ms: message.timestamp().to_millis().unwrap_or_default(),
        key,
        value,
        headers: kept,
    }
}
