//! The threads of a class: one receives outcomes and replaces a producer that cannot go on, one sends what is held.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rdkafka::producer::{Producer as _, PurgeConfig};

use super::config::KafkaConfig;
use super::held::Held;
use super::sending::{Producer, Shared, State, make};
use super::underway::TICK_MS;
use crate::Error;
use crate::metrics;

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

/// The delivery thread: receives the outcomes of records, and replaces a producer that cannot go on.
pub(super) fn deliver(appender: &Weak<Shared>, config: &KafkaConfig, mut producer: Producer) {
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
pub(super) fn gather(appender: &Weak<Shared>, held: &Held, wait: Duration) {
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
