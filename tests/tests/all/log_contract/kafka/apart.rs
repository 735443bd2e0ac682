//! Partitions are appended apart.

use std::time::Duration;

use futures_util::FutureExt;
use threadline_eventlog::kafka::{KafkaConfig, KafkaLog};
use threadline_eventlog::{Error, EventLog, Start, Topic};
use tokio::time::timeout;

use super::super::{LogUnderTest, PATIENCE, append_all, numbered, numbers_of, offsets_of, tail_of, take};
use super::{Kafka, start};

/// Rounds in which the log gives up on the partitions that are away.
const ROUNDS: usize = 2;
/// Events under way at a time in each partition that is there.
const AHEAD: usize = 20;

/// Events of one topic are without a leader; those of another one, through the same producer, neither fail nor lose their
/// order, however often the producer is replaced on account of the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_that_are_away_fail_alone() {
    let Some(kafka) = start().await else { return };
    let config = KafkaConfig { delivery_timeout: Duration::from_secs(2), ..kafka.config.clone() };
    let log = KafkaLog::connect(config).await.expect("the log opens");
    append_all(&log, Topic::Payments, 0, 0..1).await;
    kafka.take_away(Topic::Payments).await;
    let mut number = 0;
    for _ in 0..ROUNDS {
        let mut away = log.append_to(Topic::Payments, 0, numbered("k", number));
        let failed = loop {
            let ahead = number..number + AHEAD;
            let appending = (0..Kafka::PARTITIONS)
                .flat_map(|partition| ahead.clone().map(move |number| (partition, number)))
                .map(|(partition, number)| log.append_to(Topic::Messages, partition, numbered("k", number)));
            let appending: Vec<_> = appending.collect();
            for appended in appending {
                let appended = timeout(PATIENCE, appended).await.expect("there is an outcome");
                appended.expect("events of other partitions are appended");
            }
            number += AHEAD;
            if let Some(failed) = (&mut away).now_or_never() {
                break failed;
            }
        };
        assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    }
    assert!(number > ROUNDS * AHEAD, "{number} events were appended while others waited");
    for partition in 0..Kafka::PARTITIONS {
        let records = take(&mut tail_of(&log, Topic::Messages, partition, Start::At(0)), number).await;
        assert!(offsets_of(&records).into_iter().eq(0..number as u64), "each once");
        assert!(numbers_of(&records).into_iter().eq(0..number), "in call order");
    }
}

/// What was called after a record that fails fails too, also when the next producer had taken over by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_while_a_producer_is_replaced_fails_with_what_was_before_it() {
    let Some(kafka) = start().await else { return };
    let config = KafkaConfig { delivery_timeout: Duration::from_secs(2), ..kafka.config.clone() };
    let log = KafkaLog::connect(config).await.expect("the log opens");
    append_all(&log, Topic::Payments, 0, 0..1).await;
    kafka.take_away(Topic::Payments).await;
    let first = log.append_to(Topic::Payments, 0, numbered("k", 1));
    // As fast as can be, through the change of producers.
    let until = tokio::time::Instant::now() + Duration::from_secs(4);
    let mut later = Vec::new();
    while tokio::time::Instant::now() < until {
        later.push(log.append_to(Topic::Payments, 0, numbered("k", 2)));
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
    for appended in later {
        let outcome = timeout(PATIENCE, appended).await.expect("there is an outcome");
        assert!(matches!(outcome, Err(Error::Unavailable(_) | Error::Full)), "{outcome:?}");
    }
    assert!(matches!(first.await, Err(Error::Unavailable(_))));
}
