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
//! together (decision 29).

use std::sync::{Arc, PoisonError};

use tokio::sync::oneshot;

use super::config::KafkaConfig;
use super::delivery;
use super::held::HeldRecord;
use super::sending::{self, Shared, State};
use crate::class::AppendClass;
use crate::failure_barrier;
use crate::topics::check_size;
use crate::{Appending, Error, NewRecord, Partition, Topic};

/// Appends records of a class; the delivery thread ends when this is dropped.
pub(super) struct Appender {
    shared: Arc<Shared>,
}

impl Appender {
    /// Makes the producer and starts its thread.
    pub(super) fn start(config: &KafkaConfig, class: AppendClass) -> Result<Self, Error> {
        let shared = Arc::new(Shared::new(config, class));
        let producer = sending::make(config, &shared)?;
        *shared.change() = State::Sending(Arc::clone(&producer));
        let (weak, config, wait) = (Arc::downgrade(&shared), config.clone(), config.gather);
        std::thread::Builder::new()
            .name(format!("kafka-{}", class.name()))
            .spawn(move || delivery::deliver(&weak, &config, producer))
            .map_err(|error| Error::unavailable("failed to start a thread for appending", error))?;
        let (weak, held) = (Arc::downgrade(&shared), Arc::clone(&shared.held));
        std::thread::Builder::new()
            .name(format!("gather-{}", class.name()))
            .spawn(move || delivery::gather(&weak, &held, wait))
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
        // A failure closes the barrier under this lock: a record that is held was appended before it, or is refused.
        let mut held = self.shared.held.lock();
        if self.shared.barrier.is_closed(topic, partition) {
            return failed(Error::Unavailable("a record before this one failed".into()));
        }
        let (outcome, waits) = oneshot::channel();
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
