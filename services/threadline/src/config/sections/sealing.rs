//! Sealing, `seal` and `sealing.*`.

use threadline_sealing as sealing;

use super::{COUNT, WAIT_MS};
use crate::config::Sealing;
use crate::config::error::Error;
use crate::config::reader::{Reader, named};

pub(super) fn read(from: &mut Reader) -> Result<Sealing, Error> {
    let mut seals = true;
    from.choice(
        &mut seals,
        &[("on", true), ("off", false)],
        named("seal", "Whether what people type is encrypted before it enters the log; fixed when a log is made."),
    )?;
    let master_key = from.secret(
        named("sealing.master_key", "The master key that wraps the authors' keys; needed by edges and the import."),
        "32 bytes in base64",
        |text| sealing::LocalMasterKey::from_base64(text).is_ok(),
    )?;
    let master_key_file =
        from.optional::<String>(named("sealing.master_key_file", "A file that holds the master key instead."))?;
    if master_key.is_some() && master_key_file.is_some() {
        return Err(from.refusal("sealing.master_key_file", "unset when sealing.master_key is set"));
    }
    let mut bounds = sealing::Config::default();
    let sealing::Config { keys_max, fetch_timeout, connections_max } = &mut bounds;
    from.number(
        keys_max,
        (*COUNT.start()).try_into().unwrap_or(*keys_max)..=10_000_000.try_into().unwrap_or(*keys_max),
        named("sealing.keys_max", "Keys kept in memory; the least recently used go first."),
    )?;
    from.milliseconds(
        fetch_timeout,
        WAIT_MS,
        named(
            "sealing.fetch_timeout_ms",
            "How long a key's fetch may take before what needs it is refused, retryable.",
        ),
    )?;
    from.number(
        connections_max,
        1..=1_000,
        named("sealing.connections_max", "Connections of one process to the keys' tables."),
    )?;
    Ok(Sealing { seals, master_key, master_key_file: master_key_file.map(Into::into), bounds })
}
