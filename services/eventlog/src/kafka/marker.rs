//! Tells one log from another on the same brokers: the time when the log's topics were created, recorded in a topic of
//! its own. Offsets of topics that were deleted and created again must not pass for the old ones.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset as KafkaOffset, TopicPartitionList};

use super::cluster::{self, Cluster};
use super::config::KafkaConfig;
use super::error::unavailable;
use super::topics;
use crate::Error;
use crate::topics::Retention;

/// The topic's name without the prefix.
const NAME: &str = "log-id";

/// Records that the topics are new.
pub(super) async fn write(config: &KafkaConfig, replication: u32) -> Result<(), Error> {
    let topic = topic(config);
    topics::create(config, &[(&topic, &topics::settings(Retention::LastOfEachKey, replication))], 1, replication)
        .await?;
    let producer: FutureProducer =
        config.producer().create().map_err(|error| Error::misconfigured("failed to make a Kafka client", error))?;
    let record = FutureRecord::to(&topic).partition(0).key("made").payload("");
    producer.send(record, cluster::timeout()).await.map_err(|(error, _)| unavailable(&error))?;
    Ok(())
}

/// Reads when the topics were created, in milliseconds since the epoch by the broker's clock; `None` when they were
/// created by other means. Blocks.
pub(super) fn read(config: &KafkaConfig, cluster: &Cluster) -> Result<Option<i64>, Error> {
    let topic = topic(config);
    if !cluster.topics()?.contains_key(&topic) {
        return Ok(None);
    }
    let end = cluster.ends(&topic, 1, cluster::timeout()).of(0)?.unwrap_or_default();
    if end == 0 {
        return Ok(None);
    }
    let consumer: BaseConsumer =
        config.tail().create().map_err(|error| Error::misconfigured("failed to make a Kafka client", error))?;
    let mut offsets = TopicPartitionList::new();
    let asked = offsets.add_partition_offset(&topic, 0, KafkaOffset::Offset(end.cast_signed() - 1));
    asked.and_then(|()| consumer.assign(&offsets)).map_err(|error| unavailable(&error))?;
    match consumer.poll(Duration::from_millis(cluster::ANSWER_MS_MAX)) {
        Some(Ok(message)) => Ok(message.timestamp().to_millis()),
        Some(Err(error)) => Err(unavailable(&error)),
        None => Err(Error::Unavailable(format!("{topic} was not read in time").into())),
    }
}

fn topic(config: &KafkaConfig) -> String {
    format!("{}{NAME}", config.topic_prefix)
}
