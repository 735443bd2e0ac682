//! Appends the records of one [class](crate::class): an idempotent producer, records queued in call order.
//!
//! A producer cannot give up the records of one partition alone. So when a partition does not confirm in time, the next
//! producer takes over. Meanwhile new records wait, the other partitions' records leave the old producer as usual, and
//! the records left in it, those of the partition that is away, fail together. The log always has a prefix of what was
//! appended to a partition, and healthy partitions wait only for a moment:
//!
//! ```text
//! partition 0 (no leader)   append(1) ............. 10 s ............. FAILED
//! partition 1               append(1) ok   append(2) ok   append(3) waits, ok
//! ```
//!
//! librdkafka sends a request for each partition, and at moderate rates each with one record, which costs the broker and
//! us more than the record does. So while many records are not confirmed yet, further ones are held for a moment and sent
//! together: latency that nobody notices at that load doubles the rate.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard, Weak};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext, PurgeConfig};
use tokio::sync::oneshot;

use super::config::KafkaConfig;
use super::context;
use super::error::unavailable;
use super::held::{Held, HeldRecord, HeldRecords};
use super::underway::{TICK_MS, Underway};
use crate::class::AppendClass;
use crate::failure_barrier::{self, Failure, FailureBarrier, Outcome};
use crate::metrics;
use crate::topics::check_size;
use crate::{Appending, Error, NewRecord, Partition, Position, Topic};

/// The delivery thread waits this long for outcomes before it looks at the clock.
const POLL_MS: u64 = 200;
/// How long the next producer has to find the brokers before it takes over.
const WARM_UP_MS: u64 = 200;
/// The longest wait for the other partitions' records to leave a producer that is given up.
const DRAIN_MS_MAX: u64 = 1_000;
/// The interval of that wait.
const DRAIN_POLL_MS: u64 = 5;
/// The longest wait for a producer that was given up to return its records.
const GIVE_BACK_MS_MAX: u64 = 2_000;
/// The longest time to send queued records after the log was dropped.
const LAST_FLUSH_MS_MAX: u64 = 1_000;
/// The wait before creating a producer again after a failure.
const REMAKE_MS: u64 = 200;

type Producer = Arc<BaseProducer<Deliveries>>;

/// Appends records of a class; the delivery thread ends when this is dropped.
pub(super) struct Appender {
    shared: Arc<Shared>,
}

struct Shared {
    class: AppendClass,
    state: RwLock<State>,
    barrier: FailureBarrier,
    underway: Underway,
    /// What waits for its companions, or for the next producer.
    held: Arc<Held>,
    /// Records that are on their way when others begin to be held.
    gather_from_records: usize,
    /// Records of one partition that wait in a producer: half of its queue, so that a partition without a leader leaves room
    /// for the others.
    partition_records_max: usize,
}

/// Where records go.
enum State {
    /// To this producer.
    Sending(Producer),
    /// Nowhere yet: they are held until the next producer takes over.
    Changing,
    /// Nowhere: there is no producer, and they fail.
    Away,
}

impl Appender {
    /// Makes the producer and starts its thread.
    pub(super) fn start(config: &KafkaConfig, class: AppendClass) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            class,
            state: RwLock::new(State::Away),
            barrier: FailureBarrier::default(),
            underway: Underway::new(),
            held: Arc::new(Held::new(config)),
            gather_from_records: if config.gather.is_zero() { usize::MAX } else { config.gather_from_records },
            partition_records_max: config.partition_records_max(),
        });
        let producer = make(config, &shared)?;
        *shared.change() = State::Sending(Arc::clone(&producer));
        let (weak, config, wait) = (Arc::downgrade(&shared), config.clone(), config.gather);
        std::thread::Builder::new()
            .name(format!("kafka-{}", class.name()))
            .spawn(move || deliver(&weak, &config, producer))
            .map_err(|error| Error::unavailable("failed to start a thread for appending", error))?;
        let (weak, held) = (Arc::downgrade(&shared), Arc::clone(&shared.held));
        std::thread::Builder::new()
            .name(format!("gather-{}", class.name()))
            .spawn(move || gather(&weak, &held, wait))
            .map_err(|error| Error::unavailable("failed to start a thread for appending", error))?;
        Ok(Self { shared })
    }

    /// Queues a record at once.
    pub(super) fn append(&self, topic: Topic, name: &str, partition: Partition, record: &NewRecord) -> Appending {
        let failed = |error: Error| self.shared.barrier.refuse(topic, partition, error);
        if let Err(error) = check_size(topic, record) {
            return failed(error);
        }
        // Held while queueing, so whoever replaces the producer knows that nothing is queued meanwhile.
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        if self.shared.barrier.is_closed(topic, partition) {
            return failed(Error::Unavailable("a record before this one failed".into()));
        }
        let (outcome, waits) = oneshot::channel();
        let mut held = self.shared.held.lock();
        let queued = match &*state {
            State::Sending(producer) if held.records.is_empty() && !self.shared.is_busy() => {
                drop(held);
                self.shared.send(producer, topic, name, partition, record, outcome).map_err(|refused| refused.error)
            }
            State::Sending(_) | State::Changing => {
                let record = HeldRecord { topic, name: name.to_owned(), partition, record: record.clone(), outcome };
                self.shared.held.push(&mut held, record, &self.shared.underway)
            }
            State::Away => Err(Error::Unavailable("records before this one were not confirmed in time".into())),
        };
        match queued {
            Ok(()) => failure_barrier::appending(waits),
            Err(error) => failed(error),
        }
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        self.shared.held.close();
        self.shared.send_held();
    }
}

/// A record that a producer refused.
struct Refused {
    error: Error,
    outcome: oneshot::Sender<Outcome>,
}

impl Shared {
    /// Whether so many records are on their way that more are worth waiting for.
    fn is_busy(&self) -> bool {
        self.underway.records() >= self.gather_from_records
    }

    /// Queues a record in a producer.
    fn send(
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

    fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails a record that a producer had, and the held records of its partition: their appends were called before the
    /// caller could know of the failure.
    fn fail(&self, topic: Topic, partition: Partition, error: Error) -> Failure {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut held = self.held.lock();
        if matches!(*state, State::Changing) || !held.records.is_empty() {
            held.failed.insert((topic, partition));
        }
        drop((held, state));
        self.barrier.close(topic, partition, error)
    }

    /// Switches to a new producer. Queues the held records in it, in call order; a record whose predecessor failed
    /// fails too.
    fn go_on(&self, producer: &Producer, failed: Option<&Error>) {
        let mut state = self.change();
        let held = self.held.lock().take();
        self.queue_held(held, producer, failed);
        *state = State::Sending(Arc::clone(producer));
    }

    /// Sends what is held together, those of a partition side by side.
    fn send_held(&self) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let State::Sending(producer) = &*state else { return };
        // Locked until all are queued: no later record overtakes them.
        let mut queue = self.held.lock();
        let mut held = queue.take();
        held.records.sort_by_key(|held| (held.topic, held.partition));
        self.queue_held(held, producer, None);
    }

    fn queue_held(&self, held: HeldRecords, producer: &Producer, failed: Option<&Error>) {
        let HeldRecords { records, failed: failed_places, .. } = held;
        for HeldRecord { topic, name, partition, record, outcome } in records {
            let refused = match failed {
                Some(error) => Refused { error: error.clone(), outcome },
                None if failed_places.contains(&(topic, partition)) || self.barrier.is_closed(topic, partition) => {
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

fn make(config: &KafkaConfig, shared: &Arc<Shared>) -> Result<Producer, Error> {
    let producer = config.producer().create_with_context(Deliveries(Arc::downgrade(shared)));
    producer.map(Arc::new).map_err(|error| Error::misconfigured("failed to make a Kafka client", error))
}

/// The delivery thread: receives the outcomes of records, and replaces a producer that cannot go on.
fn deliver(appender: &Weak<Shared>, config: &KafkaConfig, mut producer: Producer) {
    let timeout = config.delivery_timeout();
    let poll = Duration::from_millis(POLL_MS).min(timeout / 2);
    let mut looked = Instant::now();
    loop {
        producer.poll(poll);
        let Some(shared) = appender.upgrade() else {
            let _ = producer.flush(Duration::from_millis(LAST_FLUSH_MS_MAX));
            return;
        };
        if looked.elapsed() < Duration::from_millis(TICK_MS) {
            continue;
        }
        looked = Instant::now();
        let next = if let Some((_, reason)) = producer.client().fatal_error() {
            tracing::warn!(
                reason,
                class = shared.class.name(),
                "the Kafka producer of {} cannot go on: {reason}; everything queued fails, a new producer takes over",
                shared.class.name()
            );
            replace(&shared, config, &producer)
        } else if shared.underway.older_than(timeout).is_empty() {
            continue;
        } else {
            hand_over(&shared, config, &producer, timeout)
        };
        if let Some(next) = next {
            metrics::append_restarts(shared.class.name()).increment(1);
            producer = next;
        }
    }
}

/// Sends what is held, a moment after the first record was.
fn gather(appender: &Weak<Shared>, held: &Held, wait: Duration) {
    while held.wait_filled() {
        std::thread::sleep(wait);
        let Some(shared) = appender.upgrade() else { return };
        shared.send_held();
    }
}

/// Fails everything in a producer that cannot go on, and returns the next one as soon as it can be created.
fn replace(shared: &Arc<Shared>, config: &KafkaConfig, producer: &Producer) -> Option<Producer> {
    *shared.change() = State::Away;
    give_back(producer);
    let held = shared.held.lock().take();
    shared.queue_held(held, producer, Some(&Error::Unavailable("a record before this one failed".into())));
    let next = made(shared, config)?;
    shared.go_on(&next, None);
    Some(next)
}

/// Fails the records of partitions that do not confirm in time, and lets the other partitions' records leave the
/// producer before the next one takes over. Returns `None` when there is no next producer yet, or the log was dropped.
fn hand_over(shared: &Arc<Shared>, config: &KafkaConfig, producer: &Producer, timeout: Duration) -> Option<Producer> {
    let next = made(shared, config)?;
    poll_while(producer, WARM_UP_MS, || true);
    let late = shared.underway.older_than(timeout);
    if late.is_empty() {
        return None;
    }
    *shared.change() = State::Changing;
    poll_while(producer, DRAIN_MS_MAX, || !shared.underway.is_empty_but_for(&late));
    let not_drained = Error::Unavailable("records before this one were not confirmed in time".into());
    let failed = (!shared.underway.is_empty_but_for(&late)).then_some(&not_drained);
    let names: Vec<_> = late.iter().map(|(topic, partition)| format!("{topic}:{partition}")).collect();
    tracing::warn!(
        class = shared.class.name(),
        "records of {} were not confirmed in time and fail; a new producer takes over",
        names.join(", ")
    );
    give_back(producer);
    shared.go_on(&next, failed);
    Some(next)
}

/// Creates a producer; `None`, after a pause, when that fails.
fn made(shared: &Arc<Shared>, config: &KafkaConfig) -> Option<Producer> {
    let made = make(config, shared);
    made.inspect_err(|error| {
        tracing::error!(%error, "failed to make a Kafka producer: {error}; retrying in {REMAKE_MS} ms");
        std::thread::sleep(Duration::from_millis(REMAKE_MS));
    })
    .ok()
}

/// Receives outcomes for a while.
fn poll_while(producer: &Producer, ms_max: u64, goes_on: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_millis(ms_max);
    while goes_on() && Instant::now() < until {
        producer.poll(Duration::from_millis(DRAIN_POLL_MS));
    }
}

/// Fails the records that are left in a producer.
fn give_back(producer: &Producer) {
    producer.purge(PurgeConfig::default().queue().inflight());
    let _ = producer.flush(Duration::from_millis(GIVE_BACK_MS_MAX));
}

/// A record in a producer, and who waits for its outcome.
struct PendingRecord {
    topic: Topic,
    partition: Partition,
    since: u64,
    outcome: oneshot::Sender<Outcome>,
}

/// Hands each outcome to its caller.
struct Deliveries(Weak<Shared>);

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
