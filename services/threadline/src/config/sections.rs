//! Every setting, by section: its key, its variable, its default, and what is refused.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use threadline_decider as decider;
use threadline_edge::auth::{AuthConfig, KeySource};
use threadline_eventlog::kafka::{GroupInstance, KafkaConfig, Security};

use super::bounds::{BYTES, HOUR_MS};
use super::edge::edge;
use super::layers::{Error, Layers};
use super::sealing;
use super::{Config, Connections, Database, Format, Log, PARTITIONS_MAX, Telemetry, TokenClaims};

/// Postgres says at every start what it need not make.
const DEFAULT_LEVEL: &str = "info,sqlx::postgres::notice=warn";
/// What HS256 demands of a secret.
const SECRET_BYTES_MIN: usize = 32;

pub(super) fn read(mut layers: Layers) -> Result<Config, Error> {
    let from = &mut layers;
    let directory = from.value("directory", "THREADLINE_DIRECTORY", ".threadline".to_owned())?;
    let telemetry = telemetry(from)?;
    let database = database(from)?;
    let log = log(from)?;
    let jwt_secret = from.secret("auth.jwt_secret", "THREADLINE_JWT_SECRET");
    let (auth, token_claims) = auth(from, jwt_secret)?;
    let mut edge = edge(from)?;
    let development_tokens = from.optional("edge.development_tokens", "THREADLINE_DEVELOPMENT_TOKENS")?;
    let sealing = sealing::read(from)?;
    let decider = decider(from)?;
    let health = from.value("health.listen", "THREADLINE_HEALTH_ADDR", (Ipv4Addr::LOCALHOST, 0).into())?;
    edge.health = Some(health);
    let (entries, unknown_variables) = layers.finish()?;
    let directory = PathBuf::from(directory);
    Ok(Config {
        directory,
        database,
        log,
        auth,
        token_claims,
        edge,
        development_tokens,
        sealing,
        decider,
        health,
        telemetry,
        entries,
        unknown_variables,
    })
}

fn telemetry(from: &mut Layers) -> Result<Telemetry, Error> {
    let level = from.value("telemetry.level", "THREADLINE_LOG", DEFAULT_LEVEL.to_owned())?;
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&level) {
        return Err(Error(format!("telemetry.level: {error}")));
    }
    let format = match from.value("telemetry.format", "THREADLINE_LOG_FORMAT", "auto".to_owned())?.as_str() {
        "auto" => Format::Auto,
        "json" => Format::Json,
        "text" => Format::Text,
        other => return Err(Error(format!("telemetry.format must be auto, json or text, not {other:?}"))),
    };
    Ok(Telemetry { level, format })
}

fn database(from: &mut Layers) -> Result<Database, Error> {
    let url = from.shown_as("database.url", "DATABASE_URL", without_password);
    if let Some(url) = &url
        && let Err(error) = url.parse::<sqlx::postgres::PgConnectOptions>()
    {
        return Err(Error(format!("database.url: {error}")));
    }
    const CONNECTIONS: RangeInclusive<u32> = 1..=10_000;
    let connections_max = Connections {
        edge: from.within(
            "database.edge_connections_max",
            "THREADLINE_DATABASE_EDGE_CONNECTIONS_MAX",
            16,
            CONNECTIONS,
        )?,
        decider: from.within(
            "database.decider_connections_max",
            "THREADLINE_DATABASE_DECIDER_CONNECTIONS_MAX",
            8,
            CONNECTIONS,
        )?,
        projector: from.within(
            "database.projector_connections_max",
            "THREADLINE_DATABASE_PROJECTOR_CONNECTIONS_MAX",
            8,
            CONNECTIONS,
        )?,
    };
    Ok(Database { url, connections_max })
}

fn log(from: &mut Layers) -> Result<Log, Error> {
    let partitions = from.within("log.partitions", "THREADLINE_LOG_PARTITIONS", 8, 1..=PARTITIONS_MAX)?;
    let brokers = from.optional::<String>("kafka.brokers", "KAFKA_BROKERS")?;
    let kafka = kafka(from, brokers.clone().unwrap_or_default())?;
    Ok(if brokers.is_some() { Log::Kafka(Box::new(kafka)) } else { Log::Postgres { partitions } })
}

fn kafka(from: &mut Layers, brokers: String) -> Result<KafkaConfig, Error> {
    let default = KafkaConfig::new(brokers);
    let topic_prefix =
        from.value("kafka.topic_prefix", "THREADLINE_KAFKA_TOPIC_PREFIX", default.topic_prefix.clone())?;
    let delivery_timeout_ms = from.within(
        "kafka.delivery_timeout_ms",
        "THREADLINE_KAFKA_DELIVERY_TIMEOUT_MS",
        default.delivery_timeout_ms,
        KafkaConfig::DELIVERY_TIMEOUT_MS,
    )?;
    let session_timeout_ms = from.within(
        "kafka.session_timeout_ms",
        "THREADLINE_KAFKA_SESSION_TIMEOUT_MS",
        default.session_timeout_ms,
        1_000..=HOUR_MS,
    )?;
    let group_instance = from.optional::<String>("kafka.group_instance_id", "THREADLINE_KAFKA_GROUP_INSTANCE_ID")?;
    let group_instance = match group_instance.as_deref() {
        None | Some("host") => GroupInstance::OfHost,
        Some("none") => GroupInstance::Unnamed,
        Some(name) => GroupInstance::Named(name.to_owned()),
    };
    let linger_ms = from.within("kafka.linger_ms", "THREADLINE_KAFKA_LINGER_MS", default.linger_ms, 0.0..=1_000.0)?;
    let gather_from_records = from.within(
        "kafka.gather_from_records",
        "THREADLINE_KAFKA_GATHER_FROM_RECORDS",
        default.gather_from_records,
        1..=1_000_000,
    )?;
    let gather_ms = from.within("kafka.gather_ms", "THREADLINE_KAFKA_GATHER_MS", default.gather_ms, 0..=1_000)?;
    let path = |text: Option<String>| text.map(PathBuf::from);
    let security = Security {
        protocol: from.optional("kafka.security_protocol", "THREADLINE_KAFKA_SECURITY_PROTOCOL")?,
        sasl_mechanism: from.optional("kafka.sasl_mechanism", "THREADLINE_KAFKA_SASL_MECHANISM")?,
        username: from.optional("kafka.username", "THREADLINE_KAFKA_USERNAME")?,
        password: from.secret("kafka.password", "THREADLINE_KAFKA_PASSWORD"),
        ssl_ca: path(from.optional("kafka.ssl_ca", "THREADLINE_KAFKA_SSL_CA")?),
        ssl_certificate: path(from.optional("kafka.ssl_certificate", "THREADLINE_KAFKA_SSL_CERTIFICATE")?),
        ssl_key: path(from.optional("kafka.ssl_key", "THREADLINE_KAFKA_SSL_KEY")?),
        ssl_key_password: from.secret("kafka.ssl_key_password", "THREADLINE_KAFKA_SSL_KEY_PASSWORD"),
    };
    // They may hold secrets too.
    let properties = properties(&from.secret("kafka.properties", "THREADLINE_KAFKA_PROPERTIES").unwrap_or_default())?;
    Ok(KafkaConfig {
        topic_prefix,
        security,
        delivery_timeout_ms,
        session_timeout_ms,
        group_instance,
        linger_ms,
        gather_from_records,
        gather_ms,
        properties,
        ..default
    })
}

/// Reads `name=value,name=value`.
fn properties(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())))
        .collect::<Option<_>>()
        .ok_or_else(|| Error("kafka.properties must be name=value, comma separated".into()))
}

fn auth(from: &mut Layers, secret: Option<String>) -> Result<(Option<AuthConfig>, TokenClaims), Error> {
    let url = from.optional::<String>("auth.jwks_url", "THREADLINE_JWKS_URL")?;
    let issuer = from.optional::<String>("auth.issuer", "THREADLINE_JWT_ISSUER")?;
    let audience = from.optional::<String>("auth.audience", "THREADLINE_JWT_AUDIENCE")?;
    let tenants = from.list("auth.tenants", "THREADLINE_JWT_TENANTS");
    let refetch = from.within("auth.jwks_refetch_ms", "THREADLINE_JWKS_REFETCH_MS", 60_000, 1..=24 * HOUR_MS)?;
    let burst = from.within("auth.jwks_refetch_burst", "THREADLINE_JWKS_REFETCH_BURST", 3, 1..=1_000)?;
    let roles_claim = from.value("auth.roles_claim", "THREADLINE_JWT_ROLES_CLAIM", "roles".to_owned())?;
    if roles_claim.trim().is_empty() {
        return Err(Error("auth.roles_claim must name a claim, such as roles".into()));
    }
    let leeway_s = from.within("auth.leeway_s", "THREADLINE_JWT_LEEWAY_S", 5, 0..=3_600)?;
    let claims = TokenClaims { issuer: issuer.clone(), audience: audience.clone(), roles: roles_claim.clone() };
    let mut config = match (secret, url) {
        (None, None) => return Ok((None, claims)),
        (Some(_), Some(_)) => return Err(Error("auth: jwt_secret and jwks_url exclude each other".into())),
        (Some(secret), None) if secret.len() < SECRET_BYTES_MIN => {
            return Err(Error(format!("auth.jwt_secret must have at least {SECRET_BYTES_MIN} bytes")));
        }
        (Some(secret), None) => AuthConfig { issuer, audience, ..AuthConfig::secret(secret) },
        (None, Some(url)) => {
            let (Some(issuer), Some(audience)) = (issuer, audience) else {
                return Err(Error("auth.jwks_url needs auth.issuer and auth.audience beside it".into()));
            };
            AuthConfig::jwks(url, issuer, audience)
        }
    };
    config.tenants = tenants;
    config.roles_claim = roles_claim;
    config.leeway_s = leeway_s;
    if let KeySource::Jwks { refetch_ms, refetch_burst, .. } = &mut config.keys {
        (*refetch_ms, *refetch_burst) = (refetch, burst);
    }
    Ok((Some(config), claims))
}

fn decider(from: &mut Layers) -> Result<decider::Config, Error> {
    let mut decider = decider::Config::default();
    decider.state_bytes_max =
        from.within("decider.state_bytes_max", "THREADLINE_DECIDER_STATE_BYTES_MAX", decider.state_bytes_max, BYTES)?;
    decider.recent_bytes_max = from.within(
        "decider.recent_bytes_max",
        "THREADLINE_DECIDER_RECENT_BYTES_MAX",
        decider.recent_bytes_max,
        BYTES,
    )?;
    Ok(decider)
}

/// A URL whose password is hidden: what stands between the user's colon and the last `@` before the path.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "(hidden)".into() };
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    let tail = if tail.contains("password=") { "/(hidden)" } else { tail };
    match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:(hidden)@{host}{tail}"),
            None => format!("{scheme}://{user}@{host}{tail}"),
        },
        None => format!("{scheme}://{authority}{tail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_urls_are_hidden() {
        for (url, shown) in [
            ("postgres://ann:s3cret@db:5432/chat", "postgres://ann:(hidden)@db:5432/chat"),
            ("postgres://ann:s3@cret@db/chat", "postgres://ann:(hidden)@db/chat"),
            ("postgres://ann@db/chat?password=s3cret", "postgres://ann@db/(hidden)"),
            ("postgres:///chat?host=/tmp", "postgres:///chat?host=/tmp"),
            ("s3cret", "(hidden)"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
