//! A process's handle of the log on Kafka.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use threadline_domain::TopicMap;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::append::Appender;
use super::cluster::{self, Cluster};
use super::config::KafkaConfig;
use super::own::{self, Owning};
use super::tail::Following;
use super::threads::{blocking, may_block, thread};
use super::{marker, topics};
use crate::class::ByClass;
use crate::tail::tail_channel;
use crate::{
    Appending, Error, EventLog, NewRecord, Ownership, Partition, PartitionOffsets, Start, Tail, Topic, partition_of,
};

/// The longest wait for an answer about the brokers' health.
const HEALTH_MS_MAX: u64 = 2_000;

/// The longest wait of a caller who follows from the end for where the end is.
const END_MS_MAX: u64 = 500;

/// A process's handle of the log on Kafka. Cheap to share. Dropping it ends its threads.
///
/// | what | how |
/// |---|---|
/// | append | one idempotent producer for each append class ([`EventLog`], decision 6) |
/// | tail | a consumer outside any group, at offsets of our choice, on a thread of its own |
/// | own | a group consumer that fetches nothing (decision 4) |
///
/// While brokers are away, appends fail with [`Error::Unavailable`] after `delivery_timeout_ms`, in order; tails and
/// ownerships reconnect by themselves.
pub struct KafkaLog {
    config: KafkaConfig,
    topics: TopicMap<(String, u32)>,
    id: String,
    cluster: Cluster,
    appenders: ByClass<Appender>,
}

impl KafkaLog {
    /// Connects and checks the topics. Fails with [`Error::Unavailable`] when no broker answers, and with
    /// [`Error::Misconfigured`] when topics are missing or differ in their number of partitions.
    pub async fn connect(config: KafkaConfig) -> Result<Self, Error> {
        let cluster = Cluster::new(&config)?;
        let (asked, asker) = (config.clone(), cluster.clone());
        let (topics, id) = blocking(move || {
            let topics = topics::verified(&asked, &asker.topics()?)?;
            let made_ms = marker::read(&asked, &asker)?.unwrap_or_default();
            let Some(cluster_id) = asker.id() else {
                return Err(Error::Unavailable("the brokers did not tell the cluster's id".into()));
            };
            let id = format!("{cluster_id}/{}{made_ms}", asked.topic_prefix);
            Ok((topics, id))
        })
        .await?;
        let appenders = ByClass::try_from_fn(|class| Appender::start(&config, class))?;
        Ok(Self { config, topics, id, cluster, appenders })
    }

    fn offsets(
        &self,
        topic: Topic,
        ask: impl FnOnce(&Cluster, &str, u32) -> PartitionOffsets + Send + 'static,
    ) -> BoxFuture<'_, PartitionOffsets> {
        let (name, partitions) = self.topic(topic);
        let (name, cluster) = (name.to_owned(), self.cluster.clone());
        let answer = blocking(move || Ok(ask(&cluster, &name, partitions)));
        answer
            .map(move |answer| answer.unwrap_or_else(|error| PartitionOffsets::from_away(0..partitions, &error)))
            .boxed()
    }

    fn topic(&self, topic: Topic) -> (&str, u32) {
        let (name, partitions) = &self.topics[topic];
        (name, *partitions)
    }
}

impl EventLog for KafkaLog {
    fn partitions(&self, topic: Topic) -> u32 {
        self.topic(topic).1
    }

    fn append(&self, topic: Topic, record: NewRecord) -> Appending {
        let partition = partition_of(&record.key, self.partitions(topic));
        self.append_to(topic, partition, record)
    }

    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        let (name, partitions) = self.topic(topic);
        if partition >= partitions {
            return Appending::failed(Error::Misconfigured(format!("{name} has no partition {partition}").into()));
        }
        self.appenders.of(topic).append(topic, name, partition, &record)
    }

    /// Looks up the end, where it is wanted, before it returns: a round trip, or `END_MS_MAX` while nobody answers.
    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        let (batches, tail) = tail_channel();
        let (name, partitions) = self.topic(topic);
        let next = from.into_iter().filter(|(partition, _)| *partition < partitions).map(|(partition, start)| {
            let next = match start {
                Start::At(offset) => Some(offset),
                Start::End => None,
            };
            (partition, next)
        });
        let mut following = Following {
            config: self.config.clone(),
            cluster: self.cluster.clone(),
            topic: name.to_owned(),
            partitions,
            next: next.collect(),
            batches,
            runtime: Handle::current(),
        };
        may_block(|| following.find_ends(Duration::from_millis(END_MS_MAX)));
        thread("kafka-tail", move || following.run());
        tail
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.offsets(topic, |cluster, name, partitions| cluster.ends(name, partitions, cluster::timeout()))
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.offsets(topic, Cluster::starts)
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        let (changes, changed) = mpsc::channel(own::CHANGES_MAX);
        let (commit, commits) = mpsc::channel(own::COMMITS_MAX);
        let owning = Owning {
            config: self.config.clone(),
            topic: self.topic(topic).0.to_owned(),
            // One group a topic: groups of one name must not meet.
            group: format!("{}{group}.{topic}", self.config.topic_prefix),
            changes,
            commits,
            runtime: Handle::current(),
        };
        thread("kafka-own", move || owning.run());
        Ownership::new(changed, commit)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        let (name, cluster) = (self.topic(Topic::Messages).0.to_owned(), self.cluster.clone());
        blocking(move || cluster.health(&name, Duration::from_millis(HEALTH_MS_MAX))).boxed()
    }

    fn id(&self) -> String {
        self.id.clone()
    }
}
