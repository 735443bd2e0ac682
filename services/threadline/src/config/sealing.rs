//! Whether texts are sealed, and with which master key.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use threadline_sealing as sealing;

use super::layers::{Error, Layers};

/// What this process knows of sealing.
#[derive(Clone)]
pub struct Sealing {
    /// Whether the log is sealed. Fixed when a log is made: a process that is set otherwise does not start.
    pub seals: bool,
    /// The master key in base64.
    pub master_key: Option<String>,
    /// A file that holds it.
    pub master_key_file: Option<PathBuf>,
    /// The bounds.
    pub bounds: sealing::Config,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").field("seals", &self.seals).finish_non_exhaustive()
    }
}

pub(super) fn read(from: &mut Layers) -> Result<Sealing, Error> {
    let seals = match from.value("seal", "THREADLINE_SEAL", "on".to_owned())?.as_str() {
        "on" => true,
        "off" => false,
        other => return Err(Error(format!("seal must be on or off, not {other:?}"))),
    };
    let master_key = from.secret("sealing.master_key", "THREADLINE_MASTER_KEY");
    let file = from.optional::<String>("sealing.master_key_file", "THREADLINE_MASTER_KEY_FILE")?;
    if master_key.is_some() && file.is_some() {
        return Err(Error("sealing: master_key and master_key_file exclude each other".into()));
    }
    if let Some(key) = &master_key
        && let Err(error) = sealing::LocalMasterKey::from_base64(key)
    {
        return Err(Error(format!("sealing.master_key: {error}")));
    }
    let default = sealing::Config::default();
    let keys_max =
        from.within("sealing.keys_max", "THREADLINE_SEALING_KEYS_MAX", default.keys_max.get(), 1..=10_000_000)?;
    let timeout_ms = from.within(
        "sealing.fetch_timeout_ms",
        "THREADLINE_SEALING_FETCH_TIMEOUT_MS",
        default.fetch_timeout.as_millis() as u64,
        1..=60_000,
    )?;
    let connections_max = from.within(
        "sealing.connections_max",
        "THREADLINE_SEALING_CONNECTIONS_MAX",
        default.connections_max,
        1..=1_000,
    )?;
    let bounds = sealing::Config {
        keys_max: keys_max.try_into().unwrap_or(default.keys_max),
        fetch_timeout: Duration::from_millis(timeout_ms),
        connections_max,
    };
    Ok(Sealing { seals, master_key, master_key_file: file.map(PathBuf::from), bounds })
}
