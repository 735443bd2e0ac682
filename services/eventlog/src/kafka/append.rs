//! Appending: one idempotent producer, records queued in call order.
//!
//! When a record is not confirmed in time, everything queued is failed together and a new producer takes over, so that
//! what reached the log is always a prefix of what was appended to a partition.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext, PurgeConfig};
use tokio::sync::oneshot;

use super::config::KafkaConfig;
use super::{context, unavailable};
use crate::fence::{self, Fence, Outcome};
use crate::topics::check_size;
use crate::{Appending, Error, NewRecord, Partition, Position, Topic};

/// How long the delivery thread waits at a time before it looks at the clock.
const POLL_MS: u64 = 50;
/// How long a producer that was given up may take to hand back its records.
const GIVE_BACK_MS_MAX: u64 = 2_000;
/// How long queued records may still be sent after the log was dropped.
const LAST_FLUSH_MS_MAX: u64 = 1_000;
/// How finely the age of records is known.
const TICK_MS: u64 = 100;
/// How long to wait before a producer that could not be made is tried again.
const REMAKE_MS: u64 = 200;

/// Appends records; the delivery thread ends when this is dropped.
pub(super) struct Appender {
    shared: Arc<Shared>,
}

struct Shared {
    /// None while one producer is being replaced by the next.
    producer: RwLock<Option<Arc<BaseProducer<Deliveries>>>>,
    fence: Fence,
    underway: Underway,
}

impl Appender {
    /// Makes the producer and starts its thread.
    pub(super) fn start(config: &KafkaConfig) -> Result<Self, Error> {
        let shared =
            Arc::new(Shared { producer: RwLock::new(None), fence: Fence::default(), underway: Underway::default() });
        let producer = make(config, &shared)?;
        *shared.producer.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&producer));
        let (weak, config) = (Arc::downgrade(&shared), config.clone());
        std::thread::Builder::new()
            .name("kafka-append".into())
            .spawn(move || deliver(&weak, &config, producer))
            .map_err(|error| Error::Unavailable(format!("no thread for appending: {error}")))?;
        Ok(Self { shared })
    }

    /// Queues a record at once.
    pub(super) fn append(&self, topic: Topic, name: &str, partition: Partition, record: &NewRecord) -> Appending {
        let (sender, outcome) = oneshot::channel();
        let failed = |error: Error| self.shared.fence.refuse(topic, partition, error);
        if let Err(error) = check_size(topic, record) {
            return failed(error);
        }
        // Held while queueing: whoever replaces the producer knows that nothing is queued behind its back.
        let producer = self.shared.producer.read().unwrap_or_else(PoisonError::into_inner);
        let Some(producer) = producer.as_ref() else {
            return failed(Error::Unavailable("records before this one were not confirmed in time".into()));
        };
        if self.shared.fence.closed(topic, partition) {
            return failed(Error::Unavailable("a record before this one failed".into()));
        }
        let mut message = BaseRecord::<[u8], [u8], _>::with_opaque_to(
            name,
            Box::new(Waiting { topic, partition, since: self.shared.underway.enter(), outcome: sender }),
        )
        .partition(partition.cast_signed())
        .key(&record.key);
        if let Some(value) = &record.value {
            message = message.payload(value);
        }
        if record.headers.iter().len() > 0 {
            message = message.headers(headers(record));
        }
        let Err((error, message)) = producer.send(message) else {
            return fence::appending(outcome);
        };
        self.shared.underway.leave(message.delivery_opaque.since);
        failed(match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Error::Full,
            _ => unavailable(&error),
        })
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

fn make(config: &KafkaConfig, shared: &Arc<Shared>) -> Result<Arc<BaseProducer<Deliveries>>, Error> {
    let producer = config.producer().create_with_context(Deliveries(Arc::downgrade(shared)));
    producer.map(Arc::new).map_err(|error| Error::Misconfigured(error.to_string()))
}

/// The delivery thread: hears what became of records, and replaces a producer that cannot go on.
fn deliver(appender: &Weak<Shared>, config: &KafkaConfig, mut producer: Arc<BaseProducer<Deliveries>>) {
    let timeout = Duration::from_millis(config.delivery_timeout_ms());
    loop {
        producer.poll(Duration::from_millis(POLL_MS));
        let Some(shared) = appender.upgrade() else {
            let _ = producer.flush(Duration::from_millis(LAST_FLUSH_MS_MAX));
            return;
        };
        let reason = match producer.client().fatal_error() {
            Some((_, reason)) => reason,
            None if shared.underway.oldest() > timeout => "records were not confirmed in time".into(),
            None => continue,
        };
        tracing::warn!(reason, "appending starts anew; everything queued is failed");
        metrics::counter!("threadline_eventlog_append_restarts_total").increment(1);
        *shared.producer.write().unwrap_or_else(PoisonError::into_inner) = None;
        producer.purge(PurgeConfig::default().queue().inflight());
        let _ = producer.flush(Duration::from_millis(GIVE_BACK_MS_MAX));
        producer = loop {
            match make(config, &shared) {
                Ok(made) => break made,
                Err(error) => tracing::error!(%error, "no new producer"),
            }
            std::thread::sleep(Duration::from_millis(REMAKE_MS));
        };
        *shared.producer.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&producer));
    }
}

/// A record on its way.
struct Waiting {
    topic: Topic,
    partition: Partition,
    since: u64,
    outcome: oneshot::Sender<Outcome>,
}

/// Hands each outcome to the one who waits for it.
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
    type DeliveryOpaque = Box<Waiting>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Box<Waiting>) {
        let Waiting { topic, partition, since, outcome } = *waiting;
        let Some(shared) = self.0.upgrade() else { return };
        shared.underway.leave(since);
        let position = match result {
            Ok(message) => u64::try_from(message.offset())
                .map(|offset| Position { topic, partition, offset })
                .map_err(|_| Error::Unavailable("the broker has the record but did not say where".into())),
            Err((error, _)) => Err(unavailable(error)),
        };
        let _ = outcome.send(position.map_err(|error| {
            metrics::counter!("threadline_eventlog_append_failures_total", "topic" => topic.name()).increment(1);
            shared.fence.close(topic, partition, error)
        }));
    }
}

/// How many records are on their way, by the tick they were queued in.
struct Underway {
    start: Instant,
    by_tick: Mutex<BTreeMap<u64, usize>>,
}

impl Default for Underway {
    fn default() -> Self {
        Self { start: Instant::now(), by_tick: Mutex::default() }
    }
}

impl Underway {
    /// Counts a record in; gives back what [`leave`](Self::leave) wants to know.
    fn enter(&self) -> u64 {
        let tick = self.start.elapsed().as_millis() as u64 / TICK_MS;
        *self.by_tick.lock().unwrap_or_else(PoisonError::into_inner).entry(tick).or_default() += 1;
        tick
    }

    /// Counts a record out.
    fn leave(&self, tick: u64) {
        let mut by_tick = self.by_tick.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_tick.get_mut(&tick) {
            *count -= 1;
            if *count == 0 {
                by_tick.remove(&tick);
            }
        }
    }

    /// How long the oldest one has been on its way at least.
    fn oldest(&self) -> Duration {
        let by_tick = self.by_tick.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = by_tick.first_key_value().map(|(tick, _)| Duration::from_millis((tick + 1) * TICK_MS));
        oldest.map_or(Duration::ZERO, |oldest| self.start.elapsed().saturating_sub(oldest))
    }
}
