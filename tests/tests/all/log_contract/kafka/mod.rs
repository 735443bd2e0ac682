//! The log in Kafka keeps the contract; and what only it promises.

mod apart;
mod members;
mod proxy;
mod security;
mod topics;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use threadline_eventlog::kafka::{KafkaConfig, KafkaLog, create_topics, list_topics};
use threadline_eventlog::{EventLog, Topic};
use threadline_tests::cluster::{OwnBroker, shared_brokers};
use threadline_tests::wait::until;
use tokio::task::block_in_place;
use uuid::Uuid;

use self::proxy::Proxy;
use super::{LogUnderTest, PATIENCE, every_check};

/// Topics of a test's own, on a broker.
pub(super) struct Kafka {
    config: KafkaConfig,
    own: Option<Own>,
}

/// A broker of the test's own, which may go away, and a way to it that may be cut.
struct Own {
    broker: OwnBroker,
    way: Proxy,
    /// Whether a process has taken that way; the first one opened does.
    taken: AtomicBool,
}

/// On the broker that all tests share.
pub(super) async fn start() -> Option<Kafka> {
    Some(Kafka { config: with_topics(&shared_brokers()?).await, own: None })
}

async fn start_alone() -> Option<Kafka> {
    shared_brokers()?;
    let broker = block_in_place(|| OwnBroker::start_with(2, listeners));
    let way = Proxy::start(broker.port(1), broker.port(0)).await;
    let config = with_topics(&broker.address()).await;
    Some(Kafka { config, own: Some(Own { broker, way, taken: AtomicBool::new(false) }) })
}

/// A second listener, at the first further port, that sends its clients to the second one.
fn listeners(port: u16, further: &[u16]) -> String {
    let (behind, before) = (further[0], further[1]);
    let controller = port + 1;
    format!(
        "listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},PROXIED://127.0.0.1:{behind}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{before}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT\n"
    )
}

fn config(brokers: &str) -> KafkaConfig {
    let topic_prefix = format!("test-{}.", Uuid::now_v7().simple());
    KafkaConfig { topic_prefix, delivery_timeout: Duration::from_secs(5), ..KafkaConfig::new(brokers) }
}

async fn with_topics(brokers: &str) -> KafkaConfig {
    let config = config(brokers);
    create_topics(&config, Kafka::PARTITIONS, 1).await.expect("topics can be made");
    config
}

impl LogUnderTest for Kafka {
    type Process = KafkaLog;

    const TAKEOVER_MAX: Duration = Duration::from_secs(10);
    const PARTITIONS: u32 = 5;

    async fn open(&self) -> Arc<KafkaLog> {
        let mut config = self.config.clone();
        if let Some(own) = &self.own
            && !own.taken.swap(true, Ordering::Relaxed)
        {
            config.brokers = own.way.address();
        }
        Arc::new(KafkaLog::connect(config).await.expect("the log opens"))
    }

    /// Works on the first one opened: its packets go nowhere from now on.
    async fn kill(&self, _: &KafkaLog) {
        self.own.as_ref().expect("only with a broker of its own").way.cut();
    }

    async fn go_away(&self) {
        block_in_place(|| self.own.as_ref().expect("only a broker of its own").broker.kill());
    }

    async fn come_back(&self) {
        block_in_place(|| self.own.as_ref().expect("only a broker of its own").broker.bring_back());
    }

    async fn take_away(&self, topic: Topic) {
        let name = format!("{}{topic}", self.config.topic_prefix);
        admin(&self.config).delete_topics(&[&name], &AdminOptions::new()).await.expect("topics can be deleted");
        until("the topic is gone", PATIENCE, async || {
            let topics = list_topics(&self.config).await.unwrap_or_default();
            topics.iter().any(|it| it.topic == topic && it.partitions.is_none())
        })
        .await;
    }

    async fn expire(&self, topic: Topic) {
        let log = self.open().await;
        let name = format!("{}{topic}", self.config.topic_prefix);
        let mut all = TopicPartitionList::new();
        for partition in 0..log.partitions(topic) {
            all.add_partition_offset(&name, partition.cast_signed(), Offset::End).expect("an offset");
        }
        admin(&self.config).delete_records(&all, &AdminOptions::new()).await.expect("records can be deleted");
    }
}

fn admin(config: &KafkaConfig) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", &config.brokers).create().expect("a client can be made")
}

every_check!(crate::log_contract::kafka::start, crate::log_contract::kafka::start_alone);
