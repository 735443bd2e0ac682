//! The decider, `decider.*`.

use threadline_decider::Config;

use super::{ANY_WAIT_MS, BYTES, COUNT, WAIT_MS};
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) fn read(from: &mut Reader) -> Result<Config, Error> {
    let mut config = Config::default();
    from.value(
        &mut config.group,
        named("decider.group", "The group whose members share out the partitions; the same in every process."),
    )?;
    memory(from, &mut config)?;
    queues(from, &mut config)?;
    lookups(from, &mut config)?;
    ownership(from, &mut config)?;
    Ok(config)
}

fn memory(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.number(
        &mut config.state_bytes_max,
        BYTES,
        named(
            "decider.state_bytes_max",
            "Threads' states kept in memory, of each partition; the least recently used go first.",
        ),
    )?;
    from.number(
        &mut config.recent_bytes_max,
        BYTES,
        named(
            "decider.recent_bytes_max",
            "Events kept in memory until the stored states have them, of each partition.",
        ),
    )
}

fn queues(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.number(
        &mut config.in_flight_max,
        COUNT,
        named("decider.in_flight_max", "Appends and answers of a partition that are under way; further commands wait."),
    )?;
    from.number(
        &mut config.inbox_commands_max,
        COUNT,
        named("decider.inbox_commands_max", "Commands of a partition that are read and not decided."),
    )?;
    from.number(
        &mut config.read_ahead_records_max,
        COUNT,
        named("decider.read_ahead_records_max", "Commands of a partition that are read ahead."),
    )?;
    from.number(
        &mut config.read_ahead_bytes_max,
        BYTES,
        named("decider.read_ahead_bytes_max", "Bytes of the commands that are read ahead, of a partition."),
    )?;
    from.number(
        &mut config.own_tails_max,
        1..=1_024,
        named(
            "decider.own_tails_max",
            "Partitions that fell back behind the others and are read apart at a time; more wait.",
        ),
    )
}

fn lookups(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.number(
        &mut config.lookups_max,
        1..=100_000,
        named("decider.lookups_max", "States and facts that one lookup asks for."),
    )?;
    from.milliseconds(
        &mut config.load_timeout,
        WAIT_MS,
        named("decider.load_timeout_ms", "How long one lookup may take before its commands are refused, retryable."),
    )?;
    from.milliseconds(
        &mut config.read_back_timeout,
        WAIT_MS,
        named(
            "decider.read_back_timeout_ms",
            "How long one lookup may read back from the log what the stored states lack.",
        ),
    )?;
    from.milliseconds(
        &mut config.load_pause,
        ANY_WAIT_MS,
        named(
            "decider.load_pause_ms",
            "After a failed lookup, how long others are refused at once instead of waiting too.",
        ),
    )?;
    from.milliseconds(
        &mut config.progress_interval,
        WAIT_MS,
        named("decider.progress_interval_ms", "How often the stored states are asked how far they are."),
    )
}

fn ownership(from: &mut Reader, config: &mut Config) -> Result<(), Error> {
    from.milliseconds(
        &mut config.stall_max,
        WAIT_MS,
        named(
            "decider.stall_ms_max",
            "A decider that stood still for longer takes its partitions over again before it writes.",
        ),
    )?;
    from.milliseconds(
        &mut config.drain_timeout,
        WAIT_MS,
        named("decider.drain_timeout_ms", "How long a decider may finish its appends when a partition is revoked."),
    )?;
    from.milliseconds(
        &mut config.leave_timeout,
        WAIT_MS,
        named("decider.leave_timeout_ms", "How long leaving the group may take when a decider ends."),
    )?;
    from.milliseconds(
        &mut config.retry_pause,
        WAIT_MS,
        named("decider.retry_pause_ms", "The pause before a failed takeover of a partition is tried again."),
    )?;
    from.milliseconds(
        &mut config.stopped_pause,
        WAIT_MS,
        named(
            "decider.stopped_pause_ms",
            "The pause before a partition that holds a record of a newer program is tried again.",
        ),
    )
}
