//! How to reach the brokers, and the settings of our clients.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::instance::GroupInstance;
use crate::topics::RECORD_BYTES_MAX;

/// Bytes a broker's batch adds around a record of [`RECORD_BYTES_MAX`].
pub(super) const BATCH_OVERHEAD_BYTES_MAX: usize = 64 * 1024;

/// The configuration of the Kafka log.
#[derive(Clone)]
pub struct KafkaConfig {
    /// `host:port`, comma separated.
    pub brokers: String,
    /// The prefix of every topic and group name; `threadline.` by default.
    pub topic_prefix: String,
    /// Encryption and authentication.
    pub security: Security,
    /// The time after which an append fails as unavailable.
    pub delivery_timeout: Duration,
    /// The silence after which an owner loses its partitions. Brokers refuse less than their
    /// `group.min.session.timeout.ms`, 6000 by default.
    pub session_timeout: Duration,
    /// How a group recognises this process when it is killed and started again.
    pub group_instance: GroupInstance,
    /// The time an append waits for others to share a request with.
    pub linger: Duration,
    /// How many appends of one class are not confirmed yet when further ones are held, to be sent together.
    pub gather_from_records: usize,
    /// How long they are held; none holds none. Brokers and clients pay for requests, one a partition, more than for records:
    /// under load this doubles the rate.
    pub gather: Duration,
    /// Records that wait to be appended, for each class of topics; more are refused as full.
    pub append_queue_records_max: usize,
    /// Bytes of them, likewise; Kafka's client counts them in units of 1,024.
    pub append_queue_bytes_max: usize,
    /// Bytes of fetched records that wait in Kafka's client for one tail, before those that the [tail](crate::Tail) itself holds.
    pub tail_queue_bytes_max: usize,
    /// A tail that gets nothing for this long, though records are there, is made anew.
    pub tail_silent: Duration,
    /// The longest an owner may leave a change of its ownership unread before it loses its partitions.
    pub owner_silent: Duration,
    /// Further librdkafka properties; they win over ours.
    pub properties: BTreeMap<String, String>,
}

/// Encryption and authentication, in the terms of librdkafka and the JVM clients.
#[derive(Clone, Default)]
pub struct Security {
    /// `plaintext` (default), `ssl`, `sasl_plaintext` or `sasl_ssl`.
    pub protocol: Option<String>,
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub sasl_mechanism: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    /// PEM file of the certificates to trust; the system's if `None`.
    pub ssl_ca: Option<PathBuf>,
    /// PEM file of our certificate, for mutual TLS.
    pub ssl_certificate: Option<PathBuf>,
    /// PEM file of our private key.
    pub ssl_key: Option<PathBuf>,
    /// The password of the private key.
    pub ssl_key_password: Option<String>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".into(),
            topic_prefix: "threadline.".into(),
            security: Security::default(),
            delivery_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(6),
            group_instance: GroupInstance::default(),
            linger: Duration::ZERO,
            gather_from_records: 32,
            gather: Duration::from_millis(20),
            append_queue_records_max: 100_000,
            append_queue_bytes_max: 64 << 20,
            tail_queue_bytes_max: 16 << 20,
            tail_silent: Duration::from_secs(15),
            owner_silent: Duration::from_secs(30),
            properties: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("brokers", &self.brokers)
            .field("topic_prefix", &self.topic_prefix)
            .field("security", &self.security)
            .field("delivery_timeout", &self.delivery_timeout)
            .field("session_timeout", &self.session_timeout)
            .field("group_instance", &self.group_instance)
            .field("linger", &self.linger)
            .field("gather_from_records", &self.gather_from_records)
            .field("gather", &self.gather)
            .field("properties", &self.properties.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Security")
            .field("protocol", &self.protocol)
            .field("sasl_mechanism", &self.sasl_mechanism)
            .field("username", &self.username)
            .field("ssl_ca", &self.ssl_ca)
            .finish_non_exhaustive()
    }
}

impl KafkaConfig {
    /// Returns the default configuration for these brokers.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self { brokers: brokers.into(), ..Self::default() }
    }

    /// The delivery timeouts that may be configured, in milliseconds.
    pub const DELIVERY_TIMEOUT_MS: RangeInclusive<u64> = 100..=60_000;

    /// Records of one partition that wait to be appended: half of the queue, so that a partition without a leader leaves room for
    /// the others.
    pub(super) fn partition_records_max(&self) -> usize {
        self.append_queue_records_max.div_ceil(2)
    }

    /// The delivery timeout in force.
    pub(super) fn delivery_timeout(&self) -> Duration {
        let (min_ms, max_ms) = (*Self::DELIVERY_TIMEOUT_MS.start(), *Self::DELIVERY_TIMEOUT_MS.end());
        self.delivery_timeout.clamp(Duration::from_millis(min_ms), Duration::from_millis(max_ms))
    }

    /// Settings of clients that ask about topics, offsets and health.
    pub(super) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "threadline")
            .set("socket.nagle.disable", "true")
            .set("socket.keepalive.enable", "true")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.fast.interval.ms", "50")
            .set_log_level(RDKafkaLogLevel::Info);
        let security = &self.security;
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                client.set(name, value);
            }
        };
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        set("security.protocol", security.protocol.as_deref());
        set("sasl.mechanism", security.sasl_mechanism.as_deref());
        set("sasl.username", security.username.as_deref());
        set("sasl.password", security.password.as_deref());
        set("ssl.ca.location", path(&security.ssl_ca).as_deref());
        set("ssl.certificate.location", path(&security.ssl_certificate).as_deref());
        set("ssl.key.location", path(&security.ssl_key).as_deref());
        set("ssl.key.password", security.ssl_key_password.as_deref());
        client
    }

    /// Settings of producers. librdkafka's own timeout is longer than ours, which fails records in order.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut client = self.client();
        client
            .set("enable.idempotence", "true")
            .set("enable.gapless.guarantee", "true")
            .set("acks", "all")
            .set("linger.ms", self.linger.as_millis().to_string())
            .set("queue.buffering.max.messages", self.append_queue_records_max.to_string())
            .set("queue.buffering.max.kbytes", (self.append_queue_bytes_max / 1_024).to_string())
            .set("message.max.bytes", (RECORD_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX).to_string())
            .set("message.timeout.ms", (self.delivery_timeout().as_millis() * 2 + 10_000).to_string())
            .set("retry.backoff.ms", "20")
            .set("retry.backoff.max.ms", "500");
        self.with_properties(client)
    }

    /// Settings of consumers that follow partitions at offsets of our choice; the group is only a name.
    pub(super) fn tail(&self) -> ClientConfig {
        let mut client = self.consumer(&format!("{}tail", self.topic_prefix));
        client
            .set("auto.offset.reset", "earliest")
            .set("fetch.min.bytes", "1")
            .set("fetch.wait.max.ms", "500")
            .set("fetch.error.backoff.ms", "20")
            .set("fetch.queue.backoff.ms", "5")
            .set("queued.max.messages.kbytes", (self.tail_queue_bytes_max / 1_024).to_string())
            .set("fetch.message.max.bytes", (RECORD_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX).to_string());
        self.with_properties(client)
    }

    /// Settings of consumers that share out partitions; they fetch nothing. The group recognises the member by
    /// `instance`.
    pub(super) fn owner(&self, group: &str, instance: Option<&str>) -> ClientConfig {
        let mut client = self.consumer(group);
        let session_ms = self.session_timeout.as_millis();
        if let Some(instance) = instance {
            client.set("group.instance.id", instance);
        }
        client
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", session_ms.to_string())
            .set("heartbeat.interval.ms", (session_ms / 12).clamp(100, 2_000).to_string())
            .set("max.poll.interval.ms", session_ms.max(self.owner_silent.as_millis()).to_string())
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "500")
            .set("coordinator.query.interval.ms", "2000")
            .set("fetch.wait.max.ms", "500")
            .set("queued.min.messages", "1")
            .set("queued.max.messages.kbytes", "64");
        self.with_properties(client)
    }

    fn consumer(&self, group: &str) -> ClientConfig {
        let mut client = self.client();
        client.set("group.id", group).set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        client
    }

    fn with_properties(&self, mut client: ClientConfig) -> ClientConfig {
        for (name, value) in &self.properties {
            client.set(name, value);
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let security = Security {
            password: Some("hunter2".into()),
            ssl_key_password: Some("hunter3".into()),
            ..Security::default()
        };
        let properties = BTreeMap::from([("sasl.oauthbearer.client.secret".to_owned(), "hunter4".to_owned())]);
        let config = KafkaConfig { security, properties, ..KafkaConfig::default() };
        assert!(!format!("{config:?}").contains("hunter"));
    }

    #[test]
    fn properties_win() {
        let properties = BTreeMap::from([("linger.ms".to_owned(), "7".to_owned())]);
        let config = KafkaConfig { properties, ..KafkaConfig::default() };
        assert_eq!(config.producer().get("linger.ms"), Some("7"));
    }
}
