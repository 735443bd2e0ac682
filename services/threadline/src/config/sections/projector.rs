//! The projector and rebuilds, `projector.*`.

use threadline_projector::Config;

use super::{ANY_WAIT_MS, BYTES, COUNT, WAIT_MS};
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) fn read(from: &mut Reader) -> Result<Config, Error> {
    let mut config = Config::default();
    batches(from, &mut config)?;
    times(from, &mut config)?;
    rebuilds(from, &mut config)?;
    Ok(config)
}

fn batches(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.number(
        &mut config.batch_records_max,
        COUNT,
        named("projector.batch_records_max", "Records that one transaction applies."),
    )?;
    from.number(
        &mut config.batch_bytes_max,
        BYTES,
        named("projector.batch_bytes_max", "Bytes of the records that one transaction applies."),
    )?;
    from.number_or_none(
        &mut config.records_per_second_max,
        1..=100_000_000,
        named(
            "projector.records_per_second_max",
            "The most records a second that projectors apply; without it, no limit.",
        ),
    )?;
    from.number(
        &mut config.shared_lag_max,
        0..=1_000_000_000,
        named(
            "projector.shared_lag_records_max",
            "Projections that are at most so many records apart share transactions.",
        ),
    )
}

fn times(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.milliseconds(
        &mut config.transaction_interval,
        ANY_WAIT_MS,
        named(
            "projector.transaction_interval_ms",
            "The least time from the start of one transaction to the start of the next.",
        ),
    )?;
    from.milliseconds(
        &mut config.rest_max,
        ANY_WAIT_MS,
        named(
            "projector.rest_ms_max",
            "The longest pause after a transaction, in which further records are collected.",
        ),
    )?;
    from.milliseconds(
        &mut config.attempt_timeout,
        WAIT_MS,
        named(
            "projector.attempt_timeout_ms",
            "How long one transaction, or one look at a projection or the log, may take.",
        ),
    )?;
    from.milliseconds(
        &mut config.retry_pause_first,
        WAIT_MS,
        named("projector.retry_pause_ms", "The pause after a first failure; it doubles with each further one."),
    )?;
    from.milliseconds(
        &mut config.retry_pause_max,
        WAIT_MS,
        named("projector.retry_pause_ms_max", "The longest pause after failures."),
    )?;
    from.milliseconds(
        &mut config.lag_interval,
        WAIT_MS,
        named(
            "projector.lag_interval_ms",
            "How often the lag is measured, and looked at whether projections were dropped.",
        ),
    )?;
    from.milliseconds(
        &mut config.ends_timeout,
        WAIT_MS,
        named(
            "projector.ends_timeout_ms",
            "How long a topic may take to say where it ends; one that does not is left out of the lag.",
        ),
    )?;
    from.milliseconds(
        &mut config.registry_interval,
        WAIT_MS,
        named("projector.registry_interval_ms", "How often projectors look for generations to feed."),
    )
}

fn rebuilds(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.number(
        &mut config.rebuild_batch_records_max,
        COUNT,
        named("projector.rebuild_batch_records_max", "Records that one transaction of a rebuild applies."),
    )?;
    from.number(
        &mut config.rebuild_batch_bytes_max,
        BYTES,
        named("projector.rebuild_batch_bytes_max", "Bytes of the records that one transaction of a rebuild applies."),
    )?;
    from.number(
        &mut config.rebuild_failures_max,
        0..=1_000_000,
        named(
            "projector.rebuild_failures_max",
            "How often in a row a rebuild may fail without moving on before it gives up.",
        ),
    )
}
