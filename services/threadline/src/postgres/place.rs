//! Directories: where the data, the lock and the socket are.

use std::fmt::Write;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Error;
use super::account::Account;

/// The longest path a Unix socket's directory may have: 107 bytes less the socket's own name.
const SOCKET_DIRECTORY_BYTES_MAX: usize = 90;
/// Where data goes when the server's user cannot get to where it should be.
const ELSEWHERE: &str = "/var/lib/threadline";
/// Locked while a server runs.
const LOCK: &str = "lock";

/// Where the data goes: into the directory, or where the server's user can get to.
pub(super) fn settle(account: Account, directory: &Path) -> Result<PathBuf, Error> {
    let directory = directory.canonicalize().map_err(Error::at(directory))?;
    account.give(&directory)?;
    if account.reaches(&directory) {
        return Ok(directory);
    }
    let other = Path::new(ELSEWHERE).join(digest(&directory));
    tracing::warn!(
        wanted = %directory.display(),
        chosen = %other.display(),
        "the Postgres user cannot reach {}; its data lies in {}",
        directory.display(),
        other.display()
    );
    make(&other)?;
    account.give(&other)?;
    Ok(other)
}

/// Makes a directory that is its owner's alone.
pub(super) fn make(directory: &Path) -> Result<(), Error> {
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent).map_err(Error::at(parent))?;
    }
    DirBuilder::new().mode(0o700).recursive(true).create(directory).map_err(Error::at(directory))
}

/// Locks the directory for as long as the file lives.
pub(super) fn lock(directory: &Path) -> Result<File, Error> {
    let path = directory.join(LOCK);
    let file = File::create(&path).map_err(Error::at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// Whether somebody has locked the directory.
pub(super) fn is_locked(directory: &Path) -> bool {
    let lock = File::open(directory.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Where the server's socket goes: a short path that only the server's user and root can enter.
pub(super) fn socket_directory(account: Account, directory: &Path) -> Result<PathBuf, Error> {
    let inside = directory.join("socket");
    let socket = if inside.as_os_str().len() <= SOCKET_DIRECTORY_BYTES_MAX {
        inside
    } else {
        PathBuf::from(format!("/tmp/threadline-{}", digest(directory)))
    };
    make(&socket)?;
    account.give(&socket)?;
    Ok(socket)
}

/// A short name for a path.
fn digest(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// For `DATABASE_URL`.
pub(super) fn url(socket: &Path, database: &str) -> String {
    let mut host = String::new();
    for byte in socket.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => host.push(char::from(*byte)),
            _ => {
                let _ = write!(host, "%{byte:02X}");
            }
        }
    }
    format!("postgres://postgres@localhost/{database}?host={host}")
}
