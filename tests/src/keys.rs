//! Keyrings for edges of a test's own.

use std::sync::Arc;

use threadline_sealing::{Config, Keyring, LocalMasterKey};

use crate::database::Database;

/// The master key of all tests, in base64.
pub const MASTER_KEY: &str = "dGhlIG1hc3RlciBrZXkgb2YgYWxsIHRoZSB0ZXN0cyE=";

/// A keyring that seals, its keys in this database, for the log of this name.
pub async fn keyring(database: &Database, log: &str) -> Keyring {
    let options = database.options();
    Keyring::migrate(&options).await.expect("the keys' schema can be made");
    let master = LocalMasterKey::from_base64(MASTER_KEY).expect("a master key");
    Keyring::sealing(&options, log, Arc::new(master), &Config::default())
}
