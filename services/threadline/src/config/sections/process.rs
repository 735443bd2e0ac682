//! What every process is told: `directory`, `telemetry.*`, `health.*`, `roster.*`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use threadline_projections::RosterConfig;

use super::WAIT_MS;
use crate::config::error::Error;
use crate::config::reader::{Reader, named};
use crate::config::{Format, Telemetry};

/// Postgres says at every start what it need not make.
const DEFAULT_LEVEL: &str = "info,sqlx::postgres::notice=warn";

pub(super) fn directory(from: &mut Reader) -> Result<PathBuf, Error> {
    let mut directory = ".threadline".to_owned();
    from.value(
        &mut directory,
        named(
            "directory",
            "The folder where `threadline dev` keeps its Postgres, its token secret and its master key.",
        ),
    )?;
    Ok(directory.into())
}

pub(super) fn telemetry(from: &mut Reader) -> Result<Telemetry, Error> {
    let mut level = DEFAULT_LEVEL.to_owned();
    from.value(
        &mut level,
        named(
            "telemetry.level",
            "Which log lines are written, as tracing's directives: `debug`, or `info,threadline_edge=debug`.",
        ),
    )?;
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&level) {
        let expected = format!("directives such as info,threadline_edge=debug ({error})");
        return Err(from.refusal("telemetry.level", expected));
    }
    let mut format = Format::Auto;
    from.choice(
        &mut format,
        &[("auto", Format::Auto), ("json", Format::Json), ("text", Format::Text)],
        named("telemetry.format", "How log lines look; `auto` writes text on a terminal and JSON elsewhere."),
    )?;
    Ok(Telemetry { level, format })
}

pub(super) fn health(from: &mut Reader) -> Result<SocketAddr, Error> {
    let mut listen = (Ipv4Addr::LOCALHOST, 0).into();
    from.value(
        &mut listen,
        named(
            "health.listen",
            "Where a role serves `/livez`, `/readyz` and `/metrics` apart from clients; port 0 takes a free one, which the log names.",
        ),
    )?;
    Ok(listen)
}

pub(super) fn roster(from: &mut Reader) -> Result<RosterConfig, Error> {
    let mut roster = RosterConfig::default();
    let RosterConfig { interval, expiry, timeout, entry_wait } = &mut roster;
    from.milliseconds(
        interval,
        WAIT_MS,
        named("roster.interval_ms", "How often a role announces which schemas it reads."),
    )?;
    from.milliseconds(
        expiry,
        WAIT_MS,
        named(
            "roster.expiry_ms",
            "How long after its last announcement a role counts as running; the same in every process.",
        ),
    )?;
    from.milliseconds(timeout, WAIT_MS, named("roster.timeout_ms", "How long one announcement may take."))?;
    from.milliseconds(
        entry_wait,
        WAIT_MS,
        named("roster.entry_wait_ms", "How long a starting role waits for newer roles to see it in the roster."),
    )?;
    if roster.expiry <= roster.interval {
        let expected = format!("more than roster.interval_ms ({})", roster.interval.as_millis());
        return Err(from.refusal("roster.expiry_ms", expected));
    }
    Ok(roster)
}
