//! The secret of development: drawn once on this machine, never built in.

use std::fs::{DirBuilder, OpenOptions, read_to_string};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use uuid::Uuid;

const FILE: &str = "jwt-secret";

/// The secret kept in the directory, if there is one.
pub fn kept_secret(directory: &Path) -> Option<String> {
    let text = read_to_string(directory.join(FILE)).ok()?;
    Some(text.trim().to_owned()).filter(|secret| !secret.is_empty())
}

/// The secret kept in the directory, drawn now if there is none. Only its owner can read it.
pub fn keep_secret(directory: &Path) -> std::io::Result<String> {
    if let Some(secret) = kept_secret(directory) {
        return Ok(secret);
    }
    DirBuilder::new().mode(0o755).recursive(true).create(directory)?;
    // 244 random bits.
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.join(FILE)) {
        Ok(mut file) => {
            writeln!(file, "{secret}")?;
            Ok(secret)
        }
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            kept_secret(directory).ok_or_else(|| ErrorKind::InvalidData.into())
        }
        Err(error) => Err(error),
    }
}
