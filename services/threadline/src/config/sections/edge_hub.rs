//! An edge's hub and its signals, `edge.hub.*` and `edge.signals.*`.

use threadline_edge::config::{HubConfig, SignalsConfig};

use super::{ANY_WAIT_MS, BYTES, COUNT, WAIT_MS};
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) fn hub(from: &mut Reader, hub: &mut HubConfig) -> Result<(), Error> {
    from.milliseconds(
        &mut hub.lag_max,
        WAIT_MS,
        named("edge.hub.lag_ms_max", "How long a ready edge may take to reach the log's end."),
    )?;
    from.number(
        &mut hub.ring_bytes_max,
        BYTES,
        named("edge.hub.ring_bytes_max", "Bytes of the newest events of each partition kept for sessions that resume."),
    )?;
    from.number(
        &mut hub.start_records_max,
        0..=100_000_000,
        named(
            "edge.hub.start_records_max",
            "Events of each partition that an edge reads at its start, to fill its ring.",
        ),
    )?;
    from.number(
        &mut hub.requests_max,
        1..=10_000_000,
        named(
            "edge.hub.requests_max",
            "Typing and presence requests that wait; further ones are dropped and made up for later.",
        ),
    )?;
    from.number(
        &mut hub.marks_max,
        COUNT,
        named("edge.hub.marks_max", "Read marks that an edge knows; of others it may append one that changes nothing."),
    )?;
    joining(from, hub)
}

fn joining(from: &mut Reader, hub: &mut HubConfig) -> Result<(), Error> {
    from.number(
        &mut hub.joins_max,
        1..=100_000,
        named("edge.hub.joins_max", "Sessions that join or resume at once; further ones wait."),
    )?;
    from.milliseconds(
        &mut hub.join_wait,
        WAIT_MS,
        named(
            "edge.hub.join_wait_ms",
            "How long a session that joins waits for the edge to reach what the projections know.",
        ),
    )?;
    from.milliseconds(
        &mut hub.keys_wait,
        WAIT_MS,
        named(
            "edge.hub.keys_wait_ms",
            "How long the events of all threads wait for the keys of one; then its members reload it.",
        ),
    )?;
    from.number(
        &mut hub.missed_per_thread_max,
        0..=1_000_000,
        named(
            "edge.hub.missed_per_thread_max",
            "Events of one thread that a resuming session is given; with more missed it reloads the thread.",
        ),
    )?;
    from.number(
        &mut hub.missed_max,
        COUNT,
        named(
            "edge.hub.missed_max",
            "Events of all threads that a resuming session is given; it reloads the threads beyond.",
        ),
    )?;
    from.number(
        &mut hub.backlog_bytes_max,
        BYTES,
        named(
            "edge.hub.backlog_bytes_max",
            "Bytes of missed events that a resuming session is given; it reloads the threads beyond.",
        ),
    )
}

pub(super) fn signals(from: &mut Reader, signals: &mut SignalsConfig) -> Result<(), Error> {
    from.milliseconds(
        &mut signals.typing,
        100..=3_600_000,
        named("edge.signals.typing_ms", "Typing without a further start ends after this time."),
    )?;
    from.milliseconds(
        &mut signals.alive,
        10..=3_600_000,
        named("edge.signals.alive_ms", "How often an edge tells the others that it lives."),
    )?;
    from.milliseconds(
        &mut signals.edge_silent,
        10..=3_600_000,
        named(
            "edge.signals.edge_silent_ms",
            "An edge that is silent for this long counts as gone, and so does the presence of its users.",
        ),
    )?;
    if signals.edge_silent <= signals.alive {
        let expected = format!("more than edge.signals.alive_ms ({})", signals.alive.as_millis());
        return Err(from.refusal("edge.signals.edge_silent_ms", expected));
    }
    from.milliseconds(
        &mut signals.offline_after,
        ANY_WAIT_MS,
        named(
            "edge.signals.offline_after_ms",
            "How long after a user's last session ended others see the user as offline.",
        ),
    )?;
    kept(from, signals)
}

fn kept(from: &mut Reader, signals: &mut SignalsConfig) -> Result<(), Error> {
    from.number(
        &mut signals.edges_max,
        1..=1_000_000,
        named("edge.signals.edges_max", "Edges that are known; the users of further ones are not shown as present."),
    )?;
    from.number(
        &mut signals.typists_max,
        COUNT,
        named("edge.signals.typists_max", "Users who type at once; further ones are not shown."),
    )?;
    from.number(
        &mut signals.shown_pairs_max,
        COUNT,
        named(
            "edge.signals.shown_pairs_max",
            "Pairs of a present user and a thread, of the whole cluster; who comes later is not shown there.",
        ),
    )?;
    from.number(
        &mut signals.told_pairs_max,
        COUNT,
        named(
            "edge.signals.told_pairs_max",
            "Pairs of a user and somebody who was told how present the user is; a pair takes 5 to 10 bytes.",
        ),
    )?;
    from.number(
        &mut signals.threads_per_user_max,
        1..=1_000_000,
        named("edge.signals.threads_per_user_max", "Threads in which one user is shown as present."),
    )
}
