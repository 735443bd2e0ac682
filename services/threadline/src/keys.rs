//! The keyring of a process: the keys of its log, with the master key that it was given.

use std::sync::Arc;

use threadline_sealing::{Keyring, LocalMasterKey};

use crate::config::{self, Config};
use crate::error::Error;
use crate::storage::Storage;

/// What to do when nobody named a master key and none is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingMasterKey {
    /// Draw one and keep it on this machine.
    Draw,
    /// Refuse to start.
    Refuse,
}

/// The keyring for this log. Fails when the log is sealed and this process does not seal, the other way round, or with
/// another master key. Keys that are away may come later.
pub(crate) async fn open(config: &Config, storage: &Storage, missing: MissingMasterKey) -> Result<Keyring, Error> {
    let (settings, log) = (&config.sealing, storage.log.id());
    let keyring = if settings.seals {
        let master = master_key(config, missing)?;
        Keyring::sealing(&storage.database, &log, Arc::new(master), &settings.bounds)
    } else {
        Keyring::off(&storage.database, &log, &settings.bounds)
    };
    match keyring.bind().await {
        Ok(()) => Ok(keyring),
        Err(error) if error.is_retryable() => {
            tracing::warn!(
                %error,
                "failed to read keys: {error}; starting without them, they are tried again when they are needed"
            );
            Ok(keyring)
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks that a role that opens no text is set to the log's sealing mode. Passes with a warning while the keys' tables
/// cannot be reached.
pub(crate) async fn check_mode(config: &Config, storage: &Storage) -> Result<(), Error> {
    let settings = &config.sealing;
    match Keyring::check_mode(&storage.database, &storage.log.id(), settings.seals, &settings.bounds).await {
        Err(error) if error.is_retryable() => {
            tracing::warn!(%error, "failed to check whether the log is sealed: {error}; starting all the same");
            Ok(())
        }
        checked => Ok(checked?),
    }
}

fn master_key(config: &Config, missing: MissingMasterKey) -> Result<LocalMasterKey, Error> {
    let settings = &config.sealing;
    let text = if let Some(key) = &settings.master_key {
        key.clone()
    } else if let Some(file) = &settings.master_key_file {
        let path = || file.clone();
        std::fs::read_to_string(file).map_err(|source| config::Error::Unreadable { path: path(), source })?
    } else if missing == MissingMasterKey::Draw {
        let place = config.directory.display().to_string();
        config::keep_master_key(&config.directory)
            .map_err(Error::system(format!("failed to keep the master key in {place}")))?
    } else {
        let unset = || {
            let unset = "sealing.master_key: set THREADLINE_SEALING_MASTER_KEY or THREADLINE_SEALING_MASTER_KEY_FILE to 32 \
                         bytes in base64 (only `threadline dev` draws them itself)";
            config::Error::Missing(unset.into())
        };
        config::kept_master_key(&config.directory).ok_or_else(unset)?
    };
    let wrong = |error| config::Error::Missing(format!("sealing.master_key must be 32 bytes in base64: {error}"));
    Ok(LocalMasterKey::from_base64(&text).map_err(wrong)?)
}
