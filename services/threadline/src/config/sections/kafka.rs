//! The log on Kafka, `kafka.*`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use threadline_eventlog::kafka::{GroupInstance, KafkaConfig, Security};

use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) struct Read {
    pub(super) config: KafkaConfig,
    /// Whether the log is on Kafka: brokers were named.
    pub(super) is_used: bool,
}

pub(super) fn read(from: &mut Reader) -> Result<Read, Error> {
    let brokers = from.optional::<String>(named(
        "kafka.brokers",
        "Kafka's brokers as `host:port`, comma separated; with them the log is on Kafka, without them in Postgres.",
    ))?;
    let is_used = brokers.is_some();
    let mut config = KafkaConfig::new(brokers.unwrap_or_default());
    from.value(
        &mut config.topic_prefix,
        named("kafka.topic_prefix", "What stands in front of every topic and group name."),
    )?;
    if !config.topic_prefix.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Err(from.refusal("kafka.topic_prefix", "letters, digits, dots, underscores and dashes"));
    }
    config.group_instance = group_instance(from)?;
    config.security = security(from)?;
    bounds(from, &mut config)?;
    let properties = from.secret(
        named(
            "kafka.properties",
            "Further librdkafka properties as `name=value`, comma separated; they win over ours.",
        ),
        "name=value, comma separated",
        |text| properties(text).is_some(),
    )?;
    config.properties = properties.and_then(|text| self::properties(&text)).unwrap_or_default();
    Ok(Read { config, is_used })
}

fn group_instance(from: &mut Reader) -> Result<GroupInstance, Error> {
    let name = from.optional::<String>(named(
        "kafka.group_instance_id",
        "The name by which Kafka's groups recognise a decider or projector that was killed and started again: unset or `host` for the \
         host's name with a number, `none` for none, or a name that no other process has.",
    ))?;
    Ok(match name.as_deref() {
        None | Some("host") => GroupInstance::OfHost,
        Some("none") => GroupInstance::Unnamed,
        Some(name) => GroupInstance::Named(name.to_owned()),
    })
}

fn bounds(from: &mut Reader, config: &mut KafkaConfig) -> Result<(), Error> {
    from.milliseconds(
        &mut config.delivery_timeout,
        KafkaConfig::DELIVERY_TIMEOUT_MS,
        named("kafka.delivery_timeout_ms", "How long an append may take before it fails, retryable."),
    )?;
    from.milliseconds(
        &mut config.session_timeout,
        1_000..=3_600_000,
        named(
            "kafka.session_timeout_ms",
            "After how much silence an owner loses its partitions; brokers refuse less than their `group.min.session.timeout.ms`.",
        ),
    )?;
    from.milliseconds(
        &mut config.linger,
        0..=1_000,
        named("kafka.linger_ms", "How long an append waits for others to share a request with."),
    )?;
    from.number(
        &mut config.gather_from_records,
        1..=1_000_000,
        named(
            "kafka.gather_from_records",
            "From how many unconfirmed appends of one class of topics on further ones are held, to be sent together.",
        ),
    )?;
    from.milliseconds(
        &mut config.gather,
        0..=1_000,
        named("kafka.gather_ms", "How long such appends are held; 0 holds none. Under load this is latency, twice a message, for a higher rate."),
    )?;
    queues(from, config)
}

fn queues(from: &mut Reader, config: &mut KafkaConfig) -> Result<(), Error> {
    from.number(
        &mut config.append_queue_records_max,
        2..=10_000_000,
        named(
            "kafka.append_queue_records_max",
            "Records of one class of topics that wait to be appended; more are refused, retryable.",
        ),
    )?;
    from.number(
        &mut config.append_queue_bytes_max,
        4_096..=2_000_000_000,
        named(
            "kafka.append_queue_bytes_max",
            "Bytes of one class of topics that wait to be appended; more are refused, retryable.",
        ),
    )?;
    from.number(
        &mut config.tail_queue_bytes_max,
        4_096..=2_000_000_000,
        named(
            "kafka.tail_queue_bytes_max",
            "Bytes of fetched records that wait in Kafka's client for one reader of a topic.",
        ),
    )?;
    from.milliseconds(
        &mut config.tail_silent,
        1_000..=3_600_000,
        named(
            "kafka.tail_silent_ms",
            "A reader that gets nothing for this long, though records are there, is replaced.",
        ),
    )?;
    from.milliseconds(
        &mut config.owner_silent,
        1_000..=3_600_000,
        named(
            "kafka.owner_silent_ms",
            "How long an owner may leave a change of its partitions unread before it loses them.",
        ),
    )
}

fn security(from: &mut Reader) -> Result<Security, Error> {
    let any = |_: &str| true;
    Ok(Security {
        protocol: from.optional(named(
            "kafka.security_protocol",
            "How to speak to the brokers: `plaintext` when unset, `ssl`, `sasl_plaintext` or `sasl_ssl`.",
        ))?,
        sasl_mechanism: from.optional(named("kafka.sasl_mechanism", "`PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`."))?,
        username: from.optional(named("kafka.username", "The SASL user."))?,
        password: from.secret(named("kafka.password", "The SASL user's password."), "a text", any)?,
        ssl_ca: path(from.optional(named(
            "kafka.ssl_ca",
            "The file with the certificates to trust, PEM; the system's when unset.",
        ))?),
        ssl_certificate: path(
            from.optional(named("kafka.ssl_certificate", "The file with our certificate, PEM, for mutual TLS."))?,
        ),
        ssl_key: path(from.optional(named("kafka.ssl_key", "The file with our private key, PEM."))?),
        ssl_key_password: from.secret(named("kafka.ssl_key_password", "What opens the private key."), "a text", any)?,
    })
}

fn path(text: Option<String>) -> Option<PathBuf> {
    text.map(PathBuf::from)
}

/// Reads `name=value,name=value`.
fn properties(text: &str) -> Option<BTreeMap<String, String>> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())))
        .collect()
}
