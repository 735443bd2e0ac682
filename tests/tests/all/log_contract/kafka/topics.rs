//! Topics are made as they should be, and wrong ones are refused.

use std::collections::BTreeMap;

use rdkafka::admin::{AdminOptions, ResourceSpecifier};
use threadline_eventlog::kafka::{KafkaConfig, KafkaLog, create_topics, list_topics};
use threadline_eventlog::{Error, EventLog, Topic};
use threadline_tests::cluster::shared_brokers;
use threadline_tests::wait::until;

use super::super::{LogUnderTest, PATIENCE, append_all};
use super::{Kafka, admin, config, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_twice_they_stay_as_they_are() {
    let Some(kafka) = start().await else { return };
    let log = kafka.open().await;
    append_all(&*log, Topic::Messages, 0, 0..1).await;
    let again = create_topics(&kafka.config, Kafka::PARTITIONS, 1).await.expect("nothing is wrong");
    assert!(again.iter().all(|topic| topic.partitions == Some(Kafka::PARTITIONS)));
    assert_eq!(list_topics(&kafka.config).await.expect("the broker answers"), again);
    assert_eq!(log.ends(Topic::Messages).await.all().expect("the log answers")[&0], 1);
    assert_eq!(kafka.open().await.id(), log.id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_number_of_partitions_is_refused() {
    let Some(kafka) = start().await else { return };
    let refused = create_topics(&kafka.config, Kafka::PARTITIONS + 1, 1).await.expect_err("there are fewer");
    assert!(matches!(refused, Error::Misconfigured(_)));
    let text = refused.to_string();
    assert!(text.contains("has 5 partitions, not 6"), "{text}");
}

/// As an older program left them, which did not know some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_made_beside_the_rest() {
    let Some(kafka) = start().await else { return };
    let log = kafka.open().await;
    append_all(&*log, Topic::Messages, 0, 0..1).await;
    let new = [Topic::Disputes, Topic::DisputesCommands].map(|topic| format!("{}{topic}", kafka.config.topic_prefix));
    let names = [new[0].as_str(), new[1].as_str()];
    admin(&kafka.config).delete_topics(&names, &AdminOptions::new()).await.expect("topics can be deleted");
    let missing = async || {
        let topics = list_topics(&kafka.config).await.unwrap_or_default();
        topics.iter().filter(|topic| topic.partitions.is_none()).count()
    };
    until("they are gone", PATIENCE, async || missing().await == 2).await;
    let Err(refused) = KafkaLog::connect(kafka.config.clone()).await else { panic!("topics are missing") };
    assert!(refused.to_string().contains("disputes"), "{refused}");
    // Another number of partitions is refused before anything is made.
    create_topics(&kafka.config, Kafka::PARTITIONS + 1, 1).await.expect_err("the others have fewer");
    assert_eq!(missing().await, 2);
    create_topics(&kafka.config, Kafka::PARTITIONS, 1).await.expect("topics can be made");
    let again = kafka.open().await;
    assert_eq!(again.id(), log.id(), "it is the same log");
    append_all(&*again, Topic::Disputes, 0, 0..1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_topics_says_what_to_do() {
    let Some(brokers) = shared_brokers() else { return };
    let Err(refused) = KafkaLog::connect(config(&brokers)).await else { panic!("there are no topics") };
    assert!(!refused.retryable());
    assert!(refused.to_string().contains("threadline topics create"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_not_there_is_named() {
    let Err(refused) = KafkaLog::connect(KafkaConfig::new("127.0.0.1:9")).await else { panic!("nobody is there") };
    assert!(refused.retryable());
    assert!(refused.to_string().contains("127.0.0.1:9"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_keep_what_they_should() {
    let Some(kafka) = start().await else { return };
    let expected = [
        (Topic::Messages, "delete", "-1"),
        (Topic::MessagesCommands, "delete", "604800000"),
        (Topic::Rejections, "delete", "3600000"),
        (Topic::Reads, "compact", ""),
        (Topic::Users, "compact", ""),
        (Topic::Signals, "delete", "60000"),
        (Topic::DeadLetters, "delete", "-1"),
        (Topic::Disputes, "delete", "-1"),
        (Topic::DisputesCommands, "delete", "604800000"),
        (Topic::Payments, "delete", "-1"),
        (Topic::PaymentsCommands, "delete", "604800000"),
    ];
    let admin = admin(&kafka.config);
    for (topic, cleanup, retention) in expected {
        let name = format!("{}{topic}", kafka.config.topic_prefix);
        let asked = [ResourceSpecifier::Topic(&name)];
        let answer = admin.describe_configs(&asked, &AdminOptions::new()).await.expect("the broker answers");
        let found = answer[0].as_ref().expect("the topic is there");
        let entries: BTreeMap<_, _> = found
            .entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.value.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(entries["cleanup.policy"], cleanup, "{topic}");
        if cleanup == "delete" {
            assert_eq!(entries["retention.ms"], retention, "{topic}");
        }
        assert_eq!(entries["message.timestamp.type"], "LogAppendTime", "{topic}");
        assert_eq!(entries["unclean.leader.election.enable"], "false", "{topic}");
    }
}

/// Old cursors must not be taken for places in the new log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_again_they_are_another_log() {
    let Some(kafka) = start().await else { return };
    let id = kafka.open().await.id();
    let names: Vec<_> = Topic::ALL.iter().map(|topic| format!("{}{topic}", kafka.config.topic_prefix)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    admin(&kafka.config).delete_topics(&names, &AdminOptions::new()).await.expect("topics can be deleted");
    until("they are gone", PATIENCE, async || {
        list_topics(&kafka.config).await.is_ok_and(|topics| topics.iter().all(|topic| topic.partitions.is_none()))
    })
    .await;
    create_topics(&kafka.config, Kafka::PARTITIONS, 1).await.expect("topics can be made");
    assert_ne!(kafka.open().await.id(), id);
}
