//! The settings of an edge, `edge.*` and `threads.*`.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use threadline_domain::limits;
use threadline_edge::EdgeConfig;
use threadline_edge::auth::AuthConfig;
use threadline_edge::config::{HttpConfig, NamesConfig, ProxyConfig, RateConfig};

use super::bounds::{BYTES, HOUR_MS};
use super::layers::{Error, Layers};

/// Connections, sessions or users.
const COUNT: RangeInclusive<usize> = 1..=100_000_000;
/// Connections or sessions.
const CONNECTIONS: RangeInclusive<usize> = 1..=1_000_000;
/// Requests.
const RATE: RangeInclusive<u32> = 1..=1_000_000;

pub(super) fn edge(from: &mut Layers) -> Result<EdgeConfig, Error> {
    // Replaced by what is in force before an edge starts.
    let mut edge = EdgeConfig::new(AuthConfig::secret(Vec::new()));
    edge.listen = from.value("edge.listen", "THREADLINE_LISTEN", edge.listen)?;
    edge.origins = from.list("edge.origins", "THREADLINE_ORIGINS");
    if let Some(wrong) = edge.origins.iter().find(|origin| !is_origin(origin)) {
        return Err(Error(format!("edge.origins: {wrong:?} is not an origin such as https://app.example.org")));
    }
    edge.proxy = proxy(from)?;
    edge.web_dir = from.value("edge.web_dir", "THREADLINE_WEB_DIR", edge.web_dir.display().to_string())?.into();
    edge.reserved_key_prefixes = from.list("threads.reserved_key_prefixes", "THREADLINE_RESERVED_KEY_PREFIXES");
    if let Some(wrong) = edge.reserved_key_prefixes.iter().find(|prefix| !is_key_prefix(prefix)) {
        return Err(Error(format!("threads.reserved_key_prefixes: no key of a thread begins with {wrong:?}")));
    }
    http(from, &mut edge.http)?;
    rate(from, &mut edge.rate)?;
    names(from, &mut edge.names)?;
    let commands = &mut edge.commands;
    commands.deadline_ms =
        from.within("edge.deadline_ms", "THREADLINE_EDGE_DEADLINE_MS", commands.deadline_ms, 1..=HOUR_MS)?;
    let sessions = &mut edge.sessions;
    sessions.per_user_max = from.within(
        "edge.sessions_per_user_max",
        "THREADLINE_EDGE_SESSIONS_PER_USER_MAX",
        sessions.per_user_max,
        CONNECTIONS,
    )?;
    sessions.heartbeat_ms =
        from.within("edge.heartbeat_ms", "THREADLINE_EDGE_HEARTBEAT_MS", sessions.heartbeat_ms, 100..=HOUR_MS)?;
    sessions.queue_bytes_max =
        from.within("edge.queue_bytes_max", "THREADLINE_EDGE_QUEUE_BYTES_MAX", sessions.queue_bytes_max, BYTES)?;
    edge.hub.ring_bytes_max =
        from.within("edge.ring_bytes_max", "THREADLINE_EDGE_RING_BYTES_MAX", edge.hub.ring_bytes_max, BYTES)?;
    edge.drain_window_ms =
        from.within("edge.drain_window_ms", "THREADLINE_EDGE_DRAIN_WINDOW_MS", edge.drain_window_ms, 0..=HOUR_MS)?;
    edge.grace_ms = from.within("edge.grace_ms", "THREADLINE_EDGE_GRACE_MS", edge.grace_ms, 0..=HOUR_MS)?;
    Ok(edge)
}

fn proxy(from: &mut Layers) -> Result<ProxyConfig, Error> {
    let mut proxy = ProxyConfig::default();
    for address in from.list("edge.trusted_proxies", "THREADLINE_EDGE_TRUSTED_PROXIES") {
        let network = address.parse().or_else(|_| address.parse::<IpAddr>().map(IpNet::from));
        proxy.trusted.push(network.map_err(|_| {
            Error(format!(
                "edge.trusted_proxies: {address:?} is not an address such as 10.0.0.7, or a network such as 10.0.0.0/8"
            ))
        })?);
    }
    let path_prefix = from.value("edge.path_prefix", "THREADLINE_EDGE_PATH_PREFIX", String::new())?;
    if !path_prefix.is_empty() && !is_path_prefix(&path_prefix) {
        return Err(Error(format!(
            "edge.path_prefix: {path_prefix:?} is not a path such as /chat, without a slash at its end"
        )));
    }
    proxy.path_prefix = path_prefix;
    Ok(proxy)
}

fn is_path_prefix(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    text.strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain)))
}

fn http(from: &mut Layers, http: &mut HttpConfig) -> Result<(), Error> {
    http.connections_max =
        from.within("edge.connections_max", "THREADLINE_EDGE_CONNECTIONS_MAX", http.connections_max, CONNECTIONS)?;
    http.connections_per_address_max = from.within(
        "edge.connections_per_address_max",
        "THREADLINE_EDGE_CONNECTIONS_PER_ADDRESS_MAX",
        http.connections_per_address_max,
        CONNECTIONS,
    )?;
    http.listen_backlog =
        from.within("edge.listen_backlog", "THREADLINE_EDGE_LISTEN_BACKLOG", http.listen_backlog, 1..=65_535)?;
    http.header_read_ms =
        from.within("edge.header_read_ms", "THREADLINE_EDGE_HEADER_READ_MS", http.header_read_ms, 100..=HOUR_MS)?;
    http.request_ms = from.within("edge.request_ms", "THREADLINE_EDGE_REQUEST_MS", http.request_ms, 1..=HOUR_MS)?;
    http.write_progress_ms = from.within(
        "edge.write_progress_ms",
        "THREADLINE_EDGE_WRITE_PROGRESS_MS",
        http.write_progress_ms,
        100..=HOUR_MS,
    )?;
    http.write_progress_bytes_min = from.within(
        "edge.write_progress_bytes_min",
        "THREADLINE_EDGE_WRITE_PROGRESS_BYTES_MIN",
        http.write_progress_bytes_min,
        1..=1 << 30,
    )?;
    http.send_buffer_bytes = from.within(
        "edge.send_buffer_bytes",
        "THREADLINE_EDGE_SEND_BUFFER_BYTES",
        http.send_buffer_bytes,
        4_096..=1 << 30,
    )?;
    http.body_bytes_max =
        from.within("edge.body_bytes_max", "THREADLINE_EDGE_BODY_BYTES_MAX", http.body_bytes_max, BYTES)?;
    http.page_bytes_max =
        from.within("edge.page_bytes_max", "THREADLINE_EDGE_PAGE_BYTES_MAX", http.page_bytes_max, 4_096..=1 << 30)?;
    http.answers_per_user_bytes_max = from.within(
        "edge.answers_per_user_bytes_max",
        "THREADLINE_EDGE_ANSWERS_PER_USER_BYTES_MAX",
        http.answers_per_user_bytes_max,
        http.page_bytes_max..=*BYTES.end(),
    )?;
    http.answers_bytes_max = from.within(
        "edge.answers_bytes_max",
        "THREADLINE_EDGE_ANSWERS_BYTES_MAX",
        http.answers_bytes_max,
        http.answers_per_user_bytes_max..=*BYTES.end(),
    )?;
    http.answers_wait_ms =
        from.within("edge.answers_wait_ms", "THREADLINE_EDGE_ANSWERS_WAIT_MS", http.answers_wait_ms, 0..=HOUR_MS)?;
    http.at_least_wait_ms =
        from.within("edge.at_least_wait_ms", "THREADLINE_EDGE_AT_LEAST_WAIT_MS", http.at_least_wait_ms, 0..=HOUR_MS)?;
    Ok(())
}

fn rate(from: &mut Layers, rate: &mut RateConfig) -> Result<(), Error> {
    rate.per_second = from.within("edge.rate_per_second", "THREADLINE_EDGE_RATE_PER_SECOND", rate.per_second, RATE)?;
    rate.burst = from.within("edge.rate_burst", "THREADLINE_EDGE_RATE_BURST", rate.burst, RATE)?;
    rate.service_per_second = from.within(
        "edge.service_rate_per_second",
        "THREADLINE_EDGE_SERVICE_RATE_PER_SECOND",
        rate.service_per_second,
        RATE,
    )?;
    rate.service_burst =
        from.within("edge.service_rate_burst", "THREADLINE_EDGE_SERVICE_RATE_BURST", rate.service_burst, RATE)?;
    rate.users_max = from.within("edge.rate_users_max", "THREADLINE_EDGE_RATE_USERS_MAX", rate.users_max, COUNT)?;
    Ok(())
}

fn names(from: &mut Layers, names: &mut NamesConfig) -> Result<(), Error> {
    names.users_max = from.within("edge.names_users_max", "THREADLINE_EDGE_NAMES_USERS_MAX", names.users_max, COUNT)?;
    names.per_second =
        from.within("edge.names_per_second", "THREADLINE_EDGE_NAMES_PER_SECOND", names.per_second, RATE)?;
    names.burst = from.within("edge.names_burst", "THREADLINE_EDGE_NAMES_BURST", names.burst, RATE)?;
    Ok(())
}

/// Whether a key of a thread can begin so: it is one line and leaves room for more.
fn is_key_prefix(prefix: &str) -> bool {
    !prefix.contains(char::is_control) && prefix.chars().count() < limits::THREAD_KEY_CHARS_MAX
}

/// Whether browsers send it so: a scheme, a host, a port unless it is the scheme's own, and nothing else.
fn is_origin(text: &str) -> bool {
    let of = |scheme, port| text.strip_prefix(scheme).filter(|host: &&str| !host.ends_with(port));
    let host = of("https://", ":443").or_else(|| of("http://", ":80")).unwrap_or_default();
    let stranger = |c: char| !c.is_ascii_graphic() || c.is_ascii_uppercase() || "/?#@*\\".contains(c);
    !host.is_empty() && !host.contains(stranger)
}
