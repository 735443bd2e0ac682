//! Members of a group that it knows by name.

use std::time::{Duration, Instant};

use threadline_eventlog::kafka::{GroupInstance, KafkaConfig, KafkaLog};
use threadline_eventlog::{EventLog, Topic};

use super::super::owners::{Held, hold, share};
use super::super::{LogUnderTest, append_all};
use super::{Kafka, start, start_alone};

/// Within this a member that was killed has its partitions again; a session lasts 6 s.
const BACK_WITHIN: Duration = Duration::from_secs(2);

async fn open(kafka: &Kafka, name: &str) -> KafkaLog {
    let group_instance = GroupInstance::Named(name.into());
    KafkaLog::connect(KafkaConfig { group_instance, ..kafka.config.clone() }).await.expect("the log opens")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_member_that_starts_again_has_its_partitions_at_once() {
    let Some(kafka) = start_alone().await else { return };
    let way = &kafka.own.as_ref().expect("a broker of its own").way;
    let group_instance = GroupInstance::Named("decider-1".into());
    let config = KafkaConfig { brokers: way.address(), group_instance, ..kafka.config.clone() };
    let killed = KafkaLog::connect(config).await.expect("the log opens");
    let mut ownership = killed.own(Topic::MessagesCommands, "g");
    hold(&mut Held::default(), &mut ownership, Kafka::PARTITIONS).await;
    // Its last word does not arrive, as that of a process that was killed.
    way.cut();
    let started = Instant::now();
    let again = open(&kafka, "decider-1").await;
    let mut ownership = again.own(Topic::MessagesCommands, "g");
    hold(&mut Held::default(), &mut ownership, Kafka::PARTITIONS).await;
    let took = started.elapsed();
    println!("back after {} ms", took.as_millis());
    assert!(took < BACK_WITHIN, "took {} ms", took.as_millis());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_leaves_gives_back_at_once() {
    let Some(kafka) = start().await else { return };
    let (one, other) = (open(&kafka, "decider-1").await, open(&kafka, "decider-2").await);
    let (mut first, mut second) = (one.own(Topic::MessagesCommands, "g"), other.own(Topic::MessagesCommands, "g"));
    let (mut held_first, mut held_second) = (Held::default(), Held::default());
    share((&mut held_first, &mut first), (&mut held_second, &mut second), Kafka::PARTITIONS).await;
    let started = Instant::now();
    first.leave().await;
    println!("left after {} ms", started.elapsed().as_millis());
    hold(&mut held_second, &mut second, Kafka::PARTITIONS).await;
    let took = started.elapsed();
    println!("given back after {} ms", took.as_millis());
    assert!(took < BACK_WITHIN, "took {} ms", took.as_millis());
}

/// A mistake of whoever configured it: it costs a rebalance, not a fight without end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_members_of_one_name_share_all_the_same() {
    let Some(kafka) = start().await else { return };
    let (one, other) = (open(&kafka, "decider-1").await, open(&kafka, "decider-1").await);
    let mut first = one.own(Topic::MessagesCommands, "g");
    let mut held_first = Held::default();
    hold(&mut held_first, &mut first, Kafka::PARTITIONS).await;
    let (mut second, mut held_second) = (other.own(Topic::MessagesCommands, "g"), Held::default());
    share((&mut held_first, &mut first), (&mut held_second, &mut second), Kafka::PARTITIONS).await;
    append_all(&one, Topic::Messages, 0, 0..1).await;
}
