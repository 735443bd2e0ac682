//! An edge's HTTP, `edge.*`.

use threadline_edge::config::HttpConfig;

use super::{ANY_WAIT_MS, BYTES, WAIT_MS};
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

/// At least a tenth of a second: less would close whoever is far away.
const PATIENCE_MS: std::ops::RangeInclusive<u64> = 100..=3_600_000;

pub(super) fn read(from: &mut Reader, http: &mut HttpConfig) -> Result<(), Error> {
    connections(from, http)?;
    requests(from, http)?;
    answers(from, http)
}

fn connections(from: &mut Reader, http: &mut HttpConfig) -> Result<(), Error> {
    from.number(
        &mut http.connections_max,
        1..=1_000_000,
        named("edge.connections_max", "Connections of an edge, sockets included; further ones are refused at once."),
    )?;
    from.number(
        &mut http.connections_per_address_max,
        1..=1_000_000,
        named(
            "edge.connections_per_address_max",
            "Connections of one IPv4 address or IPv6 network of 64 bits; not of trusted proxies.",
        ),
    )?;
    from.number(
        &mut http.listen_backlog,
        1..=65_535,
        named(
            "edge.listen_backlog",
            "Connections that the kernel completes before the edge accepts them; `somaxconn` may cap it.",
        ),
    )?;
    from.number(
        &mut http.send_buffer_bytes,
        4_096..=1 << 30,
        named(
            "edge.send_buffer_bytes",
            "Bytes of one connection that the kernel buffers for a client that does not read.",
        ),
    )
}

fn requests(from: &mut Reader, http: &mut HttpConfig) -> Result<(), Error> {
    from.milliseconds(
        &mut http.header_read,
        PATIENCE_MS,
        named("edge.header_read_ms", "From the end of one request to the end of the next one's headers; longer than proxies keep idle connections."),
    )?;
    from.milliseconds(
        &mut http.request_timeout,
        WAIT_MS,
        named("edge.request_timeout_ms", "From a request's headers to its answer."),
    )?;
    from.number(
        &mut http.head_bytes_max,
        8_192..=1 << 20,
        named("edge.head_bytes_max", "Bytes of a request's headers, its token among them."),
    )?;
    from.number(&mut http.body_bytes_max, BYTES, named("edge.body_bytes_max", "Bytes of a request's body."))?;
    from.milliseconds(
        &mut http.at_least_wait,
        ANY_WAIT_MS,
        named("edge.at_least_wait_ms", "How long a read waits for the projections to reach `at_least`."),
    )
}

fn answers(from: &mut Reader, http: &mut HttpConfig) -> Result<(), Error> {
    from.milliseconds(
        &mut http.write_progress,
        PATIENCE_MS,
        named(
            "edge.write_progress_ms",
            "In each period of this length a client must take some of its answer, or its connection is closed.",
        ),
    )?;
    from.number(
        &mut http.write_progress_bytes_min,
        1..=1 << 30,
        named("edge.write_progress_bytes_min", "Bytes that a client must take in such a period."),
    )?;
    from.number(
        &mut http.page_bytes_max,
        4_096..=1 << 30,
        named(
            "edge.page_bytes_max",
            "Bytes of a page of a list; it ends earlier than asked for when its elements are large.",
        ),
    )?;
    from.number(
        &mut http.answers_per_user_bytes_max,
        BYTES,
        named(
            "edge.answers_per_user_bytes_max",
            "Bytes of the answers to one user that are made or not yet sent; at least a page.",
        ),
    )?;
    if http.answers_per_user_bytes_max < http.page_bytes_max {
        let expected = format!("at least edge.page_bytes_max ({})", http.page_bytes_max);
        return Err(from.refusal("edge.answers_per_user_bytes_max", expected));
    }
    from.number(
        &mut http.answers_bytes_max,
        BYTES,
        named(
            "edge.answers_bytes_max",
            "Bytes of the answers to all users that are made or not yet sent; at least those of one user.",
        ),
    )?;
    if http.answers_bytes_max < http.answers_per_user_bytes_max {
        let expected = format!("at least edge.answers_per_user_bytes_max ({})", http.answers_per_user_bytes_max);
        return Err(from.refusal("edge.answers_bytes_max", expected));
    }
    from.milliseconds(
        &mut http.answers_wait,
        ANY_WAIT_MS,
        named(
            "edge.answers_wait_ms",
            "How long a request waits for room among the answers before it is refused, retryable.",
        ),
    )
}
