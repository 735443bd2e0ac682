//! What dev mode draws once on this machine and keeps: the secret of its tokens and its master key. Never built in.

use std::fs::{DirBuilder, OpenOptions, read_to_string};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use threadline_sealing::LocalMasterKey;
use uuid::Uuid;

const JWT_SECRET_FILE: &str = "jwt-secret";
const MASTER_KEY_FILE: &str = "master-key";

/// The secret of tokens kept in the directory, if there is one.
pub fn kept_secret(directory: &Path) -> Option<String> {
    kept(directory, JWT_SECRET_FILE)
}

/// The secret of tokens kept in the directory, drawn now if there is none. Only its owner can read it.
pub fn keep_secret(directory: &Path) -> std::io::Result<String> {
    // 244 random bits.
    keep(directory, JWT_SECRET_FILE, || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
}

/// The master key kept in the directory, if there is one; in base64.
pub fn kept_master_key(directory: &Path) -> Option<String> {
    kept(directory, MASTER_KEY_FILE)
}

/// The master key kept in the directory, drawn now if there is none. Only its owner can read it. Whoever loses it loses
/// every text that was sealed with it.
pub fn keep_master_key(directory: &Path) -> std::io::Result<String> {
    keep(directory, MASTER_KEY_FILE, || LocalMasterKey::generate().to_string())
}

fn kept(directory: &Path, file: &str) -> Option<String> {
    let text = read_to_string(directory.join(file)).ok()?;
    Some(text.trim().to_owned()).filter(|secret| !secret.is_empty())
}

fn keep(directory: &Path, file: &str, draw: impl FnOnce() -> String) -> std::io::Result<String> {
    if let Some(secret) = kept(directory, file) {
        return Ok(secret);
    }
    DirBuilder::new().mode(0o755).recursive(true).create(directory)?;
    let secret = draw();
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.join(file)) {
        Ok(mut opened) => {
            writeln!(opened, "{secret}")?;
            Ok(secret)
        }
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            kept(directory, file).ok_or_else(|| ErrorKind::InvalidData.into())
        }
        Err(error) => Err(error),
    }
}
