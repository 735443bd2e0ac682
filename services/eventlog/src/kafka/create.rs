//! Creates the topics of a new log, and those that a newer program adds to an older log.

use std::time::Duration;

use super::cluster::Cluster;
use super::config::KafkaConfig;
use super::marker;
use super::threads::blocking;
use super::topics::{TopicDescription, create, describe, settings};
use crate::{Error, Topic};

/// Partitions of each topic unless something else is asked for.
pub const PARTITIONS_DEFAULT: u32 = 24;
/// The number of looks for new topics until every broker knows them.
const SETTLE_TRIES_MAX: u32 = 100;
/// The time between two looks.
const SETTLE_MS: u64 = 50;

/// Returns our topics as they are on the brokers.
pub async fn list_topics(config: &KafkaConfig) -> Result<Vec<TopicDescription>, Error> {
    let cluster = Cluster::new(config)?;
    let found = blocking(move || cluster.topics()).await?;
    Ok(Topic::ALL.map(|topic| describe(config, topic, &found)).to_vec())
}

/// Creates the topics that are missing, with `partitions` each and every record on `replication` brokers. Fails as
/// misconfigured, before it creates any, when a topic exists with another number of partitions.
pub async fn create_topics(
    config: &KafkaConfig,
    partitions: u32,
    replication: u32,
) -> Result<Vec<TopicDescription>, Error> {
    if partitions == 0 || replication == 0 {
        return Err(Error::Misconfigured("a topic needs at least one partition and one replica".into()));
    }
    let found = list_topics(config).await?;
    check_partitions(&found, partitions)?;
    let missing: Vec<_> = found.into_iter().filter(|it| it.partitions.is_none()).collect();
    let settings: Vec<_> = missing.iter().map(|it| settings(it.topic.spec().retention, replication)).collect();
    let log_is_new = missing.iter().any(|it| it.topic == Topic::Messages);
    let names: Vec<_> = missing.iter().map(|it| it.name.as_str()).zip(&settings).collect();
    create(config, &names, partitions, replication).await?;
    if log_is_new {
        marker::write(config, replication).await?;
    }
    let topics = settle(config).await?;
    check_partitions(&topics, partitions)?;
    match topics.iter().find(|it| it.partitions.is_none()) {
        Some(missing) => {
            Err(Error::Unavailable(format!("the brokers do not tell of topic {} yet", missing.name).into()))
        }
        None => Ok(topics),
    }
}

/// Refuses topics that exist with another number of partitions.
fn check_partitions(topics: &[TopicDescription], partitions: u32) -> Result<(), Error> {
    for it in topics {
        if let Some(found) = it.partitions.filter(|found| *found != partitions) {
            return Err(Error::Misconfigured(
                format!(
                    "topic {} has {found} partitions, not {partitions}; their number is fixed at creation",
                    it.name
                )
                .into(),
            ));
        }
    }
    Ok(())
}

/// Waits, within bounds, until the brokers know every topic.
async fn settle(config: &KafkaConfig) -> Result<Vec<TopicDescription>, Error> {
    let mut topics = list_topics(config).await?;
    for _ in 0..SETTLE_TRIES_MAX {
        if topics.iter().all(|it| it.partitions.is_some_and(|count| count > 0)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(SETTLE_MS)).await;
        topics = list_topics(config).await?;
    }
    Ok(topics)
}
