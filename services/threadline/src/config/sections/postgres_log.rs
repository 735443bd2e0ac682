//! The log in Postgres, `log.*`.

use threadline_eventlog::postgres::Options;

use super::{BYTES, CONNECTIONS, COUNT, WAIT_MS};
use crate::config::PARTITIONS_MAX;
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) fn read(from: &mut Reader) -> Result<Options, Error> {
    let mut options = Options::default();
    from.number(
        &mut options.partitions,
        1..=PARTITIONS_MAX,
        named(
            "log.partitions",
            "Partitions of each topic when the log in Postgres is made; a log that is there keeps its own.",
        ),
    )?;
    from.milliseconds(
        &mut options.clean_up_every,
        WAIT_MS,
        named("log.clean_up_ms", "How often records are taken away that their topic need not keep any more."),
    )?;
    appends(from, &mut options)?;
    from.number(
        &mut options.ring_records_max,
        COUNT,
        named("log.ring_records_max", "The newest records of each partition kept in memory for readers."),
    )?;
    from.number(
        &mut options.ring_bytes_max,
        BYTES,
        named("log.ring_bytes_max", "Bytes of the newest records of each partition kept in memory for readers."),
    )?;
    from.number(
        &mut options.connections_max,
        CONNECTIONS,
        named(
            "log.connections_max",
            "Connections of one process for old pages, offsets and clean-up; appends have their own.",
        ),
    )?;
    from.milliseconds(
        &mut options.connection_wait,
        WAIT_MS,
        named("log.connection_wait_ms", "How long to wait for one of these connections."),
    )?;
    Ok(options)
}

fn appends(from: &mut Reader, options: &mut Options) -> Result<(), Error> {
    from.number(
        &mut options.append_queue_records_max,
        COUNT,
        named(
            "log.append_queue_records_max",
            "Records of one class of topics that wait to be appended; more are refused, retryable.",
        ),
    )?;
    from.number(
        &mut options.append_queue_bytes_max,
        BYTES,
        named(
            "log.append_queue_bytes_max",
            "Bytes of one class of topics that wait to be appended; more are refused, retryable.",
        ),
    )?;
    from.number(
        &mut options.append_batch_records_max,
        1..=100_000,
        named("log.append_batch_records_max", "Records that one transaction appends."),
    )?;
    from.number(
        &mut options.append_batch_bytes_max,
        BYTES,
        named("log.append_batch_bytes_max", "Bytes that one transaction appends."),
    )?;
    from.milliseconds(
        &mut options.append_wait,
        WAIT_MS,
        named(
            "log.append_wait_ms",
            "How long a record waits while Postgres is away before its append fails, retryable.",
        ),
    )
}
