//! The Postgres of the projections, `database.*`.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::urls::without_password;
use super::{CONNECTIONS, WAIT_MS};
use crate::config::error::Error;
use crate::config::reader::{Reader, named};
use crate::config::{Connections, Database};

pub(super) fn read(from: &mut Reader) -> Result<Database, Error> {
    let url = from.optional_text(
        named(
            "database.url",
            "The Postgres of the projections, the keys and, without Kafka, the log; without it `threadline dev` runs one itself.",
        ),
        "a URL such as postgres://user:password@host:5432/name",
        |url| url.parse::<PgConnectOptions>().is_ok(),
        without_password,
    )?;
    let mut connections_max = Connections { edge: 16, decider: 8, projector: 8 };
    let mut connection_wait = Duration::from_secs(3);
    let Connections { edge, decider, projector } = &mut connections_max;
    from.number(
        edge,
        CONNECTIONS,
        named("database.edge_connections_max", "Connections of one process for what clients read, of all its edges."),
    )?;
    from.number(
        decider,
        CONNECTIONS,
        named("database.decider_connections_max", "Connections of one process for loading threads."),
    )?;
    from.number(
        projector,
        CONNECTIONS,
        named("database.projector_connections_max", "Connections of one process for writing projections."),
    )?;
    from.milliseconds(
        &mut connection_wait,
        WAIT_MS,
        named("database.connection_wait_ms", "How long to wait for a free connection before the call fails."),
    )?;
    Ok(Database { url, connections_max, connection_wait })
}
