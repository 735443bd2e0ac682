//! Where the server programs are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// Where Debian keeps them, one directory a major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A directory with `initdb` and `postgres` in it that fits the data, which may not exist yet.
pub(super) fn find(data: &Path) -> Result<PathBuf, Error> {
    let wanted = fs::read_to_string(data.join("PG_VERSION")).ok().map(|text| text.trim().to_owned());
    let mut candidates = candidates().filter(|bin| is_complete(bin)).peekable();
    if candidates.peek().is_none() {
        return Err(Error::NoBinaries);
    }
    match wanted {
        None => candidates.next().ok_or(Error::NoBinaries),
        Some(version) => candidates
            .find(|bin| major_version(bin).as_deref() == Some(&version))
            .ok_or_else(|| Error::OtherVersion { directory: data.to_owned(), version }),
    }
}

/// PATH first, then Debian's places, newest first, then what `pg_config` says.
fn candidates() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    on_path.into_iter().chain(versions.into_iter().map(|(_, bin)| bin)).chain(pg_config())
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn is_complete(bin: &Path) -> bool {
    bin.join("initdb").is_file() && bin.join("postgres").is_file()
}

/// From `postgres (PostgreSQL) 15.13 (Debian …)`.
fn major_version(bin: &Path) -> Option<String> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split('.').next().map(str::to_owned)
}
