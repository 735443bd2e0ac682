//! The log on Apache Kafka, for more than one machine.

mod append;
mod cluster;
mod config;
mod context;
mod marker;
mod own;
mod tail;
mod topics;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use threadline_domain::TopicMap;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use self::append::Appender;
use self::cluster::Cluster;
pub use self::config::{KafkaConfig, Security};
use self::own::Owning;
use self::tail::Following;
pub use self::topics::{PARTITIONS_DEFAULT, TopicDescription, create_topics, list_topics};
use crate::{
    Appending, Error, EventLog, NewRecord, Ownership, Partition, PartitionOffsets, Start, Tail, Topic, partition_of,
};

/// How long the brokers may take to answer a question about their health.
const HEALTH_MS_MAX: u64 = 2_000;

/// How long a caller who follows from the end is kept waiting for where that is.
const END_MS_MAX: u64 = 500;

/// A log on Kafka. Cheap to share; dropping it ends its threads.
pub struct KafkaLog {
    config: KafkaConfig,
    topics: TopicMap<(String, u32)>,
    id: String,
    cluster: Cluster,
    appender: Appender,
}

impl KafkaLog {
    /// Connects, and checks that the topics are as they should be.
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
        let appender = Appender::start(&config)?;
        Ok(Self { config, topics, id, cluster, appender })
    }

    fn places(
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
            return Appending::failed(Error::Misconfigured(format!("{name} has no partition {partition}")));
        }
        self.appender.append(topic, name, partition, &record)
    }

    /// Where the end is wanted, it is looked up before this returns: a round trip, or [`END_MS_MAX`] while nobody answers.
    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        let (batches, receiver) = mpsc::channel(tail::BATCHES_MAX);
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
        };
        may_block(|| following.find_ends(Duration::from_millis(END_MS_MAX)));
        thread("kafka-tail", move || following.run());
        Tail::new(receiver)
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.places(topic, |cluster, name, partitions| cluster.ends(name, partitions, cluster::timeout()))
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.places(topic, Cluster::starts)
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        let (changes, changed) = mpsc::channel(own::CHANGES_MAX);
        let (commit, commits) = mpsc::channel(own::COMMITS_MAX);
        let owning = Owning {
            config: self.config.clone(),
            topic: self.topic(topic).0.to_owned(),
            // One group a topic: groups of one name must not meet.
            group: format!("{group}.{topic}"),
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

/// Runs something that blocks where it may.
async fn blocking<T: Send + 'static>(question: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let answer = tokio::task::spawn_blocking(question).await;
    answer.unwrap_or_else(|error| Err(Error::Unavailable(error.to_string())))
}

/// Runs something that blocks right here; where the runtime can, others go on meanwhile.
fn may_block<T>(question: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(question),
        _ => question(),
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(work) {
        tracing::error!(%error, thread.name = name, "no thread");
    }
}

/// What a failure of the client means to our callers.
fn unavailable(error: &KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::Authentication,
        ) => Error::Misconfigured(error.to_string()),
        Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight | RDKafkaErrorCode::MessageTimedOut) => {
            Error::Unavailable("the brokers did not confirm in time".into())
        }
        _ => Error::Unavailable(error.to_string()),
    }
}
