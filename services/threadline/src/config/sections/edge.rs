//! An edge, `edge.*` and `threads.*`.

use std::net::IpAddr;

use ipnet::IpNet;
use threadline_domain::limits;
use threadline_edge::EdgeConfig;
use threadline_edge::auth::AuthConfig;
use threadline_edge::config::{CommandsConfig, NamesConfig, ProxyConfig, RateConfig, SessionConfig};

use super::{ANY_WAIT_MS, BYTES, COUNT, WAIT_MS, edge_http, edge_hub};
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) struct Read {
    /// Its tokens are replaced by those in force before an edge starts.
    pub(super) edge: EdgeConfig,
    /// Nothing was said: it depends on who can reach the edge.
    pub(super) development_tokens: Option<bool>,
}

pub(super) fn read(from: &mut Reader) -> Result<Read, Error> {
    let mut edge = EdgeConfig::new(AuthConfig::secret(Vec::new()));
    from.value(&mut edge.listen, named("edge.listen", "Where an edge serves clients; port 0 takes a free one."))?;
    edge.origins = from.list(
        named(
            "edge.origins",
            "Web pages of other origins that may call; a page that the edge serves may call it anyway.",
        ),
        "an origin such as https://app.example.org",
        is_origin,
    )?;
    let development_tokens = from.optional(named(
        "edge.development_tokens",
        "Whether anybody gets a token for any user; unset, only from `threadline dev` on a loopback address with a secret of its own.",
    ))?;
    edge.reserved_key_prefixes = from.list(
        named(
            "threads.reserved_key_prefixes",
            "Beginnings of thread keys that only services and admins may create, such as `project_`.",
        ),
        "the beginning of a thread's key, on one line",
        is_key_prefix,
    )?;
    edge.proxy = proxy(from)?;
    web_page(from, &mut edge)?;
    edge_http::read(from, &mut edge.http)?;
    rate(from, &mut edge.rate)?;
    names(from, &mut edge.names)?;
    commands(from, &mut edge.commands)?;
    sessions(from, &mut edge.sessions)?;
    edge_hub::hub(from, &mut edge.hub)?;
    edge_hub::signals(from, &mut edge.signals)?;
    leaving(from, &mut edge)?;
    Ok(Read { edge, development_tokens })
}

fn proxy(from: &mut Reader) -> Result<ProxyConfig, Error> {
    let trusted = from.list(
        named("edge.trusted_proxies", "Proxies whose `X-Forwarded-Host`, `-Proto` and `-Port` are believed; their connections have no bound of their own per address."),
        "an address such as 10.0.0.7, or a network such as 10.0.0.0/8",
        |address| network(address).is_some(),
    )?;
    let mut path_prefix = String::new();
    from.value(
        &mut path_prefix,
        named(
            "edge.path_prefix",
            "The path under which clients reach the edge, such as `/chat`; paths without it are served too.",
        ),
    )?;
    if !path_prefix.is_empty() && !is_path_prefix(&path_prefix) {
        return Err(from.refusal("edge.path_prefix", "a path such as /chat, without a slash at its end"));
    }
    Ok(ProxyConfig { trusted: trusted.iter().filter_map(|address| network(address)).collect(), path_prefix })
}

fn web_page(from: &mut Reader, edge: &mut EdgeConfig) -> Result<(), Error> {
    let mut directory = edge.web_dir.display().to_string();
    from.value(
        &mut directory,
        named("edge.web_dir", "The folder with the built web page, which is read at the start."),
    )?;
    edge.web_dir = directory.into();
    from.number(
        &mut edge.web_bytes_max,
        1_024..=1 << 32,
        named(
            "edge.web_bytes_max",
            "Bytes of the web page's files, which lie in memory; a larger folder is not served.",
        ),
    )?;
    from.number(
        &mut edge.web_files_max,
        1..=1_000_000,
        named("edge.web_files_max", "Files of the web page; a folder with more is not served."),
    )
}

fn rate(from: &mut Reader, rate: &mut RateConfig) -> Result<(), Error> {
    const TOKENS: std::ops::RangeInclusive<u32> = 1..=1_000_000;
    let RateConfig { per_second, burst, service_per_second, service_burst, users_max } = rate;
    from.number(
        per_second,
        TOKENS,
        named("edge.rate_per_second", "What one user may ask each second; a plain call costs 1."),
    )?;
    from.number(burst, TOKENS, named("edge.rate_burst", "What one user may ask at once after a quiet moment."))?;
    from.number(
        service_per_second,
        TOKENS,
        named("edge.service_rate_per_second", "What one service may ask each second."),
    )?;
    from.number(
        service_burst,
        TOKENS,
        named("edge.service_rate_burst", "What one service may ask at once after a quiet moment."),
    )?;
    from.number(
        users_max,
        COUNT,
        named("edge.rate_users_max", "Users whose rate is counted apart; where more are active, the rest share."),
    )
}

fn names(from: &mut Reader, names: &mut NamesConfig) -> Result<(), Error> {
    let NamesConfig { users_max, per_second, burst } = names;
    from.number(
        users_max,
        COUNT,
        named(
            "edge.names_users_max",
            "Users whose names an edge remembers to have written; beyond, some are written again.",
        ),
    )?;
    from.number(
        per_second,
        1..=1_000_000,
        named("edge.names_per_second", "Display names from tokens that an edge writes into the log each second."),
    )?;
    from.number(burst, 1..=1_000_000, named("edge.names_burst", "Display names that an edge writes at once."))
}

fn commands(from: &mut Reader, commands: &mut CommandsConfig) -> Result<(), Error> {
    let CommandsConfig { deadline, pending_max } = commands;
    from.milliseconds(
        deadline,
        WAIT_MS,
        named(
            "edge.deadline_ms",
            "How long an edge waits for a command's outcome before it answers `timeout`, retryable.",
        ),
    )?;
    from.number(
        pending_max,
        COUNT,
        named("edge.pending_max", "Commands of one edge whose outcome is waited for; more are refused, retryable."),
    )
}

fn sessions(from: &mut Reader, sessions: &mut SessionConfig) -> Result<(), Error> {
    from.number(
        &mut sessions.per_user_max,
        1..=1_000_000,
        named("edge.sessions_per_user_max", "Sockets of one user on one edge."),
    )?;
    from.milliseconds(&mut sessions.hello, WAIT_MS, named("edge.hello_ms", "From a socket's upgrade to its hello."))?;
    from.milliseconds(&mut sessions.open, WAIT_MS, named("edge.open_ms", "From a hello to the welcome."))?;
    from.milliseconds(
        &mut sessions.heartbeat,
        100..=3_600_000,
        named(
            "edge.heartbeat_ms",
            "The heartbeat interval; a client that is silent for 2.25 intervals is disconnected.",
        ),
    )?;
    from.milliseconds(
        &mut sessions.expiry_notice,
        ANY_WAIT_MS,
        named("edge.expiry_notice_ms", "How long before its token's end a client is told."),
    )?;
    from.number(
        &mut sessions.frame_bytes_max,
        BYTES,
        named("edge.frame_bytes_max", "Bytes of one message of a client, in one frame or several."),
    )?;
    from.number(
        &mut sessions.queue_bytes_max,
        BYTES,
        named(
            "edge.queue_bytes_max",
            "Bytes that wait for a client that does not read; beyond, it is disconnected and can resume.",
        ),
    )?;
    from.number(
        &mut sessions.queue_frames_max,
        1..=10_000_000,
        named(
            "edge.queue_frames_max",
            "Frames that wait for a client that does not read; beyond, it is disconnected and can resume.",
        ),
    )?;
    from.number(
        &mut sessions.in_flight_max,
        1..=100_000,
        named("edge.in_flight_max", "Requests of one socket whose outcome is waited for; more are refused, retryable."),
    )?;
    from.number(
        &mut sessions.refused_max,
        1..=1_000_000,
        named("edge.refused_max", "Requests of one socket that are refused for their rate before it is closed."),
    )
}

fn leaving(from: &mut Reader, edge: &mut EdgeConfig) -> Result<(), Error> {
    from.milliseconds(
        &mut edge.drain_window,
        ANY_WAIT_MS,
        named("edge.drain_window_ms", "Clients of an edge that ends are told to leave spread over this time."),
    )?;
    from.milliseconds(
        &mut edge.grace,
        ANY_WAIT_MS,
        named(
            "edge.grace_ms",
            "Requests and sockets that are still there after this time are cut off when an edge ends.",
        ),
    )
}

fn network(address: &str) -> Option<IpNet> {
    address.parse().ok().or_else(|| address.parse::<IpAddr>().ok().map(IpNet::from))
}

fn is_path_prefix(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    text.strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain)))
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
