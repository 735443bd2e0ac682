//! Where the records of a class go: to a producer, or into a queue that is held; and what became of them.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard, Weak};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, ProducerContext};
use tokio::sync::oneshot;

use super::config::KafkaConfig;
use super::context;
use super::error::unavailable;
use super::held::{Held, HeldRecord, HeldRecords};
use super::underway::Underway;
use crate::class::AppendClass;
use crate::failure_barrier::{Failure, FailureBarrier, Outcome};
use crate::{Error, NewRecord, Partition, Position, Topic};

/// A producer of a class.
pub(super) type Producer = Arc<BaseProducer<Deliveries>>;

/// What the callers of a class and its threads share.
pub(super) struct Shared {
    pub(super) class: AppendClass,
    pub(super) state: RwLock<State>,
    pub(super) barrier: FailureBarrier,
    pub(super) underway: Underway,
    /// What waits for its companions, or for the next producer.
    pub(super) held: Arc<Held>,
    /// Records that are on their way when others begin to be held.
    gather_from_records: usize,
    /// Records of one partition that wait in a producer: half of its queue, so that a partition without a leader leaves room
    /// for the others.
    partition_records_max: usize,
}

/// Where records go.
pub(super) enum State {
    /// To this producer.
    Sending(Producer),
    /// Nowhere yet: they are held until the next producer takes over.
    Changing,
    /// Nowhere: there is no producer, and they fail.
    Away,
}

/// A record that a producer refused.
pub(super) struct Refused {
    pub(super) error: Error,
    outcome: oneshot::Sender<Outcome>,
}

impl Shared {
    /// Nothing can be sent before the first producer is there.
    pub(super) fn new(config: &KafkaConfig, class: AppendClass) -> Self {
        Self {
            class,
            state: RwLock::new(State::Away),
            barrier: FailureBarrier::default(),
            underway: Underway::new(),
            held: Arc::new(Held::new(config)),
            gather_from_records: if config.gather.is_zero() { usize::MAX } else { config.gather_from_records },
            partition_records_max: config.partition_records_max(),
        }
    }

    /// Whether so many records are on their way that more are worth waiting for.
    pub(super) fn is_busy(&self) -> bool {
        self.underway.records() >= self.gather_from_records
    }

    /// Queues a record in a producer.
    pub(super) fn send(
        &self,
        producer: &Producer,
        topic: Topic,
        name: &str,
        partition: Partition,
        record: &NewRecord,
        outcome: oneshot::Sender<Outcome>,
    ) -> Result<(), Refused> {
        let Some(since) = self.underway.enter(topic, partition, self.partition_records_max) else {
            return Err(Refused { error: Error::Full, outcome });
        };
        let waiting = Box::new(PendingRecord { topic, partition, since, outcome });
        let mut message = BaseRecord::<[u8], [u8], _>::with_opaque_to(name, waiting)
            .partition(partition.cast_signed())
            .key(&record.key);
        if let Some(value) = &record.value {
            message = message.payload(value);
        }
        if record.headers.iter().len() > 0 {
            message = message.headers(headers(record));
        }
        producer.send(message).map_err(|(error, message)| {
            self.underway.leave(topic, partition, since);
            let error = match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => Error::Full,
                _ => unavailable(&error),
            };
            Refused { error, outcome: message.delivery_opaque.outcome }
        })
    }

    /// Locks the state for a change: nobody appends meanwhile.
    pub(super) fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails a record that a producer had, and the held records of its partition: their appends were called before the
    /// caller could know of the failure.
    pub(super) fn fail(&self, topic: Topic, partition: Partition, error: Error) -> Failure {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut held = self.held.lock();
        if matches!(*state, State::Changing) || !held.records.is_empty() {
            held.failed.insert((topic, partition));
        }
        self.barrier.close(topic, partition, error)
    }

    /// Switches to a new producer. Queues the held records in it, in call order; a record whose predecessor failed
    /// fails too.
    pub(super) fn go_on(&self, producer: &Producer, failed: Option<&Error>) {
        let mut state = self.change();
        let held = self.held.lock().take();
        self.queue_held(held, producer, failed);
        *state = State::Sending(Arc::clone(producer));
    }

    /// Sends what is held together, those of a partition side by side.
    pub(super) fn send_held(&self) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let State::Sending(producer) = &*state else { return };
        // Locked until all are queued: no later record overtakes them.
        let mut queue = self.held.lock();
        let mut held = queue.take();
        held.records.sort_by_key(|held| (held.topic, held.partition));
        self.queue_held(held, producer, None);
    }

    /// Queues records that were held, or fails them: all of them with `failed`, otherwise those after a failed one.
    pub(super) fn queue_held(&self, held: HeldRecords, producer: &Producer, failed: Option<&Error>) {
        let HeldRecords { records, failed: failed_partitions, .. } = held;
        for HeldRecord { topic, name, partition, record, outcome } in records {
            let refused = match failed {
                Some(error) => Refused { error: error.clone(), outcome },
                None if failed_partitions.contains(&(topic, partition)) || self.barrier.is_closed(topic, partition) => {
                    Refused { error: Error::Unavailable("a record before this one failed".into()), outcome }
                }
                None => match self.send(producer, topic, &name, partition, &record, outcome) {
                    Ok(()) => continue,
                    Err(refused) => refused,
                },
            };
            let _ = refused.outcome.send(Err(self.barrier.close(topic, partition, refused.error)));
        }
    }
}

fn headers(record: &NewRecord) -> OwnedHeaders {
    let all = record.headers.iter();
    let mut headers = OwnedHeaders::new_with_capacity(all.len());
    for (name, value) in all {
        let key = String::from_utf8_lossy(name);
        headers = headers.insert(Header { key: &key, value: Some(value) });
    }
    headers
}

/// Creates a producer whose outcomes go to `shared`.
pub(super) fn make(config: &KafkaConfig, shared: &Arc<Shared>) -> Result<Producer, Error> {
    let producer = config.producer().create_with_context(Deliveries(Arc::downgrade(shared)));
    producer.map(Arc::new).map_err(|error| Error::misconfigured("failed to make a Kafka client", error))
}

/// A record in a producer, and who waits for its outcome.
pub(super) struct PendingRecord {
    topic: Topic,
    partition: Partition,
    since: u64,
    outcome: oneshot::Sender<Outcome>,
}

/// Hands each outcome to its caller.
pub(super) struct Deliveries(Weak<Shared>);

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        context::log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        context::report(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<PendingRecord>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Box<PendingRecord>) {
        let PendingRecord { topic, partition, since, outcome } = *waiting;
        let Some(shared) = self.0.upgrade() else { return };
        shared.underway.leave(topic, partition, since);
        let position = match result {
            Ok(message) => u64::try_from(message.offset())
                .map(|offset| Position { topic, partition, offset })
                .map_err(|_| Error::Unavailable("the broker has the record but did not say where".into())),
            Err((error, _)) => Err(unavailable(error)),
        };
        let _ = outcome.send(position.map_err(|error| shared.fail(topic, partition, error)));
    }
}
