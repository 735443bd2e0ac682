//! The topics on the brokers: their names, partitions and settings.

use std::collections::BTreeMap;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;
use threadline_domain::TopicMap;

use super::cluster;
use super::config::{BATCH_OVERHEAD_BYTES_MAX, KafkaConfig};
use super::context::Logging;
use super::error::unavailable;
use crate::topics::{RECORD_BYTES_MAX, Retention};
use crate::{Error, Topic};

/// The share of a topic's retention that one of its files covers: files are deleted or compacted as a whole.
const FILES_OF_A_RETENTION: u128 = 4;

/// A topic on the brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    pub topic: Topic,
    /// The full name, with the prefix.
    pub name: String,
    /// The number of partitions; `None` when the topic is missing.
    pub partitions: Option<u32>,
}

/// Creates topics, each with its settings.
pub(super) async fn create(
    config: &KafkaConfig,
    topics: &[(&str, &BTreeMap<&str, String>)],
    partitions: u32,
    replication: u32,
) -> Result<(), Error> {
    if topics.is_empty() {
        return Ok(());
    }
    let new: Vec<_> = topics
        .iter()
        .map(|(name, settings)| {
            let topic =
                NewTopic::new(name, partitions.cast_signed(), TopicReplication::Fixed(replication.cast_signed()));
            settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
        })
        .collect();
    let admin: AdminClient<Logging> = config
        .client()
        .create_with_context(Logging::default())
        .map_err(|error| Error::misconfigured("failed to make a Kafka client", error))?;
    let wait =
        AdminOptions::new().request_timeout(Some(cluster::timeout())).operation_timeout(Some(cluster::timeout()));
    for created in admin.create_topics(&new, &wait).await.map_err(|error| unavailable(&error))? {
        match created {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, error)) => {
                return Err(Error::Misconfigured(format!("topic {name} could not be created: {error}").into()));
            }
        }
    }
    Ok(())
}

/// Returns the full name and the number of partitions of every topic; fails with the first topic that is not as it must
/// be.
pub(super) fn verified(config: &KafkaConfig, found: &BTreeMap<String, u32>) -> Result<TopicMap<(String, u32)>, Error> {
    let topics = TopicMap::from_fn(|topic| {
        let it = describe(config, topic, found);
        (it.name, it.partitions.unwrap_or_default())
    });
    if let Some((_, (missing, _))) = topics.iter().find(|(_, (_, partitions))| *partitions == 0) {
        return Err(Error::Misconfigured(
            format!("topic {missing} is missing on {}; `threadline topics create` makes it", config.brokers).into(),
        ));
    }
    for (commands, events) in Topic::commands().filter_map(|commands| Some((commands, commands.events_of()?))) {
        let (events, commands) = (&topics[events], &topics[commands]);
        if events.1 != commands.1 {
            return Err(Error::Misconfigured(
                format!(
                    "{} has {} partitions and {} has {}; they must be the same",
                    events.0, events.1, commands.0, commands.1
                )
                .into(),
            ));
        }
    }
    Ok(topics)
}

pub(super) fn describe(config: &KafkaConfig, topic: Topic, found: &BTreeMap<String, u32>) -> TopicDescription {
    let name = format!("{}{}", config.topic_prefix, topic.name());
    let partitions = found.get(&name).copied();
    TopicDescription { topic, name, partitions }
}

/// Returns the topic settings for a retention.
pub(super) fn settings(retention: Retention, replication: u32) -> BTreeMap<&'static str, String> {
    let mut settings = BTreeMap::from([
        ("max.message.bytes", (RECORD_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX).to_string()),
        ("message.timestamp.type", "LogAppendTime".to_owned()),
        ("min.insync.replicas", replication.saturating_sub(1).max(1).to_string()),
        ("unclean.leader.election.enable", "false".to_owned()),
        ("retention.bytes", "-1".to_owned()),
    ]);
    match retention {
        Retention::Forever => {
            settings.insert("cleanup.policy", "delete".into());
            settings.insert("retention.ms", "-1".into());
        }
        Retention::For(time) => {
            settings.insert("cleanup.policy", "delete".into());
            settings.insert("retention.ms", time.as_millis().to_string());
            settings.insert("segment.ms", (time.as_millis() / FILES_OF_A_RETENTION).to_string());
        }
        Retention::LastOfEachKey => {
            settings.insert("cleanup.policy", "compact".into());
        }
    }
    settings
}
