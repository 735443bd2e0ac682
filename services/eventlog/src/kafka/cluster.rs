//! Asking the brokers: which topics there are, where partitions begin and end, whether anybody answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::{Offset as Place, TopicPartitionList};

use super::config::KafkaConfig;
use super::context::Logging;
use super::unavailable;
use crate::{Error, Offset, Partition};

/// How long the brokers may take to answer a question.
pub(super) const ANSWER_MS_MAX: u64 = 5_000;
/// Log lines taken in at each question, at most.
const LINES_MAX: usize = 50;
/// How long to wait before a question is asked again.
const AGAIN: Duration = Duration::from_millis(50);

/// A client for questions; cheap to clone. Its methods block.
#[derive(Clone)]
pub(super) struct Cluster(Arc<BaseConsumer<Logging>>);

impl Cluster {
    /// Makes the client; says what is wrong with the configuration.
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, Error> {
        let mut client = config.client();
        for (name, value) in &config.properties {
            client.set(name, value);
        }
        let consumer =
            client.create_with_context(Logging::default()).map_err(|error| Error::Misconfigured(error.to_string()))?;
        Ok(Self(Arc::new(consumer)))
    }

    /// Every topic there is, with its number of partitions.
    pub(super) fn topics(&self) -> Result<BTreeMap<String, u32>, Error> {
        self.take_lines();
        let metadata = self.0.fetch_metadata(None, timeout()).map_err(|error| self.failed(&error))?;
        Ok(metadata.topics().iter().map(|topic| (topic.name().to_owned(), topic.partitions().len() as u32)).collect())
    }

    /// Whether every partition of the topic has a leader.
    pub(super) fn health(&self, topic: &str, wait: Duration) -> Result<(), Error> {
        self.take_lines();
        let metadata = self.0.fetch_metadata(Some(topic), wait).map_err(|error| self.failed(&error))?;
        let leaderless = metadata.topics().iter().flat_map(MetadataTopic::partitions).filter(|it| it.leader() < 0);
        match leaderless.count() {
            0 => Ok(()),
            count => Err(Error::Unavailable(format!("{count} partitions of {topic} have no leader"))),
        }
    }

    /// The cluster's own name for itself.
    pub(super) fn id(&self) -> Option<String> {
        self.0.client().fetch_cluster_id(timeout())
    }

    /// For each of the partitions the offset that the next record will get.
    pub(super) fn ends(
        &self,
        topic: &str,
        partitions: u32,
        wait: Duration,
    ) -> Result<BTreeMap<Partition, Offset>, Error> {
        self.places(topic, partitions, Place::End, wait)
    }

    /// For each of the partitions the first offset still kept.
    pub(super) fn starts(&self, topic: &str, partitions: u32) -> Result<BTreeMap<Partition, Offset>, Error> {
        self.places(topic, partitions, Place::Beginning, timeout())
    }

    /// Asks until there is an answer or the time is over: while brokers change roles they send clients away.
    fn places(
        &self,
        topic: &str,
        partitions: u32,
        place: Place,
        wait: Duration,
    ) -> Result<BTreeMap<Partition, Offset>, Error> {
        let asked = Instant::now();
        loop {
            let left = wait.saturating_sub(asked.elapsed());
            match self.ask(topic, partitions, place, left) {
                Err(Error::Unavailable(reason)) if asked.elapsed() + AGAIN < wait => {
                    tracing::debug!(topic, reason, "asking again");
                    std::thread::sleep(AGAIN);
                    // Who leads what is looked up anew.
                    let _ = self.0.fetch_metadata(Some(topic), wait.saturating_sub(asked.elapsed()));
                }
                answer => return answer,
            }
        }
    }

    /// One request for each broker. In the protocol, "earliest" and "latest" are timestamps.
    fn ask(
        &self,
        topic: &str,
        partitions: u32,
        place: Place,
        wait: Duration,
    ) -> Result<BTreeMap<Partition, Offset>, Error> {
        self.take_lines();
        let mut asked = TopicPartitionList::with_capacity(partitions as usize);
        for partition in 0..partitions {
            let added = asked.add_partition_offset(topic, partition.cast_signed(), place);
            added.map_err(|error| self.failed(&error))?;
        }
        let answered = self.0.offsets_for_times(asked, wait).map_err(|error| self.failed(&error))?;
        let mut places = BTreeMap::new();
        for element in answered.elements() {
            element.error().map_err(|error| self.failed(&error))?;
            let partition = element.partition().cast_unsigned();
            let Place::Offset(offset) = element.offset() else {
                return Err(Error::Unavailable(format!("no answer for {topic}, partition {partition}")));
            };
            places.insert(partition, offset.cast_unsigned());
        }
        Ok(places)
    }

    /// The failure, with the reason why the brokers could not be reached, where there is one.
    fn failed(&self, error: &KafkaError) -> Error {
        self.take_lines();
        match (unavailable(error), self.0.context().take_trouble()) {
            (Error::Unavailable(text), Some(reason)) => Error::Unavailable(format!("{text}: {reason}")),
            (error, _) => error,
        }
    }

    /// Hands the client's log lines on; they wait in its queue until somebody polls.
    fn take_lines(&self) {
        for _ in 0..LINES_MAX {
            // Nothing comes back for a line that was handed on, nor when there is none left.
            let _ = self.0.poll(Duration::ZERO);
        }
    }
}

/// [`ANSWER_MS_MAX`] as a duration.
pub(super) const fn timeout() -> Duration {
    Duration::from_millis(ANSWER_MS_MAX)
}
