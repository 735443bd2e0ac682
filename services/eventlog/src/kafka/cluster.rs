//! Asks the brokers which topics there are, where partitions begin and end, and whether anybody answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::{Offset as KafkaOffset, TopicPartitionList};

use super::config::KafkaConfig;
use super::context::Logging;
use super::error::unavailable;
use crate::{Error, Offset, Partition, PartitionOffsets};

/// The longest wait for an answer of the brokers.
pub(super) const ANSWER_MS_MAX: u64 = 5_000;
/// Log lines passed on with each question, at most.
const LINES_MAX: usize = 50;
/// The wait before asking again.
const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// The longest wait for an answer of all brokers together.
const ALL_BROKERS_WAIT: Duration = Duration::from_secs(1);
/// The longest wait for one broker's answer about its partitions.
const ONE_BROKER_WAIT: Duration = Duration::from_millis(500);
/// How long a partition may be without a leader before its offset counts as unknown.
const ELECTION_WAIT: Duration = Duration::from_millis(1_500);

/// A client for questions; cheap to clone. Its methods block.
#[derive(Clone)]
pub(super) struct Cluster(Arc<BaseConsumer<Logging>>);

impl Cluster {
    /// Creates the client; fails when the configuration is wrong.
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, Error> {
        let mut client = config.client();
        for (name, value) in &config.properties {
            client.set(name, value);
        }
        let consumer = client
            .create_with_context(Logging::default())
            .map_err(|error| Error::misconfigured("failed to make a Kafka client", error))?;
        Ok(Self(Arc::new(consumer)))
    }

    /// Returns every topic with its number of partitions.
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
            count => Err(Error::Unavailable(format!("{count} partitions of {topic} have no leader").into())),
        }
    }

    /// Returns the cluster's own id.
    pub(super) fn id(&self) -> Option<String> {
        self.0.client().fetch_cluster_id(timeout())
    }

    /// Returns for each partition the offset that the next record will get.
    pub(super) fn ends(&self, topic: &str, partitions: u32, wait: Duration) -> PartitionOffsets {
        self.offsets(topic, partitions, KafkaOffset::End, wait)
    }

    /// Returns for each partition the first offset still kept.
    pub(super) fn starts(&self, topic: &str, partitions: u32) -> PartitionOffsets {
        self.offsets(topic, partitions, KafkaOffset::Beginning, timeout())
    }

    /// Asks for all partitions at once. If that fails, because one of them has no leader or its broker is away, asks
    /// the leaders one by one, and asks again those that failed, until all have answered or the time is over: brokers
    /// that change roles refuse questions for a moment.
    fn offsets(&self, topic: &str, partitions: u32, which: KafkaOffset, wait: Duration) -> PartitionOffsets {
        let asked = Instant::now();
        let left = || wait.saturating_sub(asked.elapsed());
        let all: Vec<Partition> = (0..partitions).collect();
        let mut answers: BTreeMap<_, _> = self.ask(topic, &all, which, left().min(ALL_BROKERS_WAIT)).collect();
        let mut leaderless = BTreeSet::new();
        loop {
            let failed = |(partition, answer): (&Partition, &Result<Offset, Error>)| match answer {
                Err(error) => Some((*partition, error.retryable())),
                Ok(_) => None,
            };
            let missing: BTreeMap<Partition, bool> = answers.iter().filter_map(failed).collect();
            let is_final = missing.values().any(|retryable| !retryable);
            let is_worth_it = asked.elapsed() < ELECTION_WAIT || missing.keys().any(|it| !leaderless.contains(it));
            if missing.is_empty() || is_final || !is_worth_it || left() <= RETRY_PAUSE {
                return answers.into_iter().collect();
            }
            std::thread::sleep(RETRY_PAUSE);
            let Ok(leaders) = self.leaders(topic, left()) else { continue };
            // A topic that is away has no partitions.
            leaderless = missing.keys().copied().collect();
            for (_, mut led) in leaders {
                led.retain(|partition| leaderless.remove(partition));
                answers.extend(self.ask(topic, &led, which, left().min(ONE_BROKER_WAIT)));
            }
            let error = |it| (it, Err(Error::Unavailable(format!("partition {it} of {topic} has no leader").into())));
            answers.extend(leaderless.iter().copied().map(error));
        }
    }

    /// Which partitions each broker leads.
    fn leaders(&self, topic: &str, wait: Duration) -> Result<BTreeMap<i32, Vec<Partition>>, Error> {
        let metadata = self.0.fetch_metadata(Some(topic), wait).map_err(|error| self.failed(&error))?;
        let mut leaders = BTreeMap::<_, Vec<_>>::new();
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        for partition in partitions.filter(|partition| partition.leader() >= 0) {
            leaders.entry(partition.leader()).or_default().push(partition.id().cast_unsigned());
        }
        Ok(leaders)
    }

    /// Sends one request to each broker. In the protocol, "earliest" and "latest" are timestamps.
    fn ask(
        &self,
        topic: &str,
        partitions: &[Partition],
        which: KafkaOffset,
        wait: Duration,
    ) -> impl Iterator<Item = (Partition, Result<Offset, Error>)> + use<> {
        self.take_lines();
        let answers = || -> Result<_, KafkaError> {
            let mut asked = TopicPartitionList::with_capacity(partitions.len());
            for partition in partitions {
                asked.add_partition_offset(topic, partition.cast_signed(), which)?;
            }
            self.0.offsets_for_times(asked, wait)
        };
        let answered = if partitions.is_empty() { Ok(TopicPartitionList::new()) } else { answers() };
        let answered = answered.map_err(|error| self.failed(&error));
        let answer = |partition: Partition| {
            let element = answered.as_ref().map_err(Clone::clone)?.find_partition(topic, partition.cast_signed());
            match element.map(|element| (element.error(), element.offset())) {
                Some((Ok(()), KafkaOffset::Offset(offset))) => Ok(offset.cast_unsigned()),
                Some((Err(error), _)) => Err(self.failed(&error)),
                _ => Err(Error::Unavailable(format!("no answer for {topic}, partition {partition}").into())),
            }
        };
        let answers: Vec<_> = partitions.iter().map(|partition| (*partition, answer(*partition))).collect();
        answers.into_iter()
    }

    /// Makes the error, with the reason why the brokers could not be reached, if there is one.
    fn failed(&self, error: &KafkaError) -> Error {
        self.take_lines();
        match (unavailable(error), self.0.context().take_trouble()) {
            (Error::Unavailable(reason), Some(detail)) => Error::Unavailable(reason.with(detail)),
            (error, _) => error,
        }
    }

    /// Passes the client's log lines on; they wait in its queue until somebody polls.
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
