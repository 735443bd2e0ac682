//! Whom the server runs as: ourselves, or somebody else when we are root, which Postgres refuses to be.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Error;

/// Users that root hands the server to, the first that exists.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

/// Whom the server runs as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account {
    /// Our own user.
    Own,
    /// Somebody else, because we are root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    pub(super) fn choose() -> Result<Self, Error> {
        if own_uid()? != 0 {
            return Ok(Self::Own);
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(Error::at(passwd))?;
        STAND_INS.iter().find_map(|name| find(&users, name)).ok_or(Error::NoUser)
    }

    /// A command that runs as this user, where it may be.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/");
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid).env("HOME", "/");
        }
        command
    }

    /// Makes the user the owner of a file or directory. Refuses one that is somebody else's, unless we are root.
    pub(super) fn give(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own if fs::metadata(path).map_err(Error::at(path))?.uid() != own_uid()? => {
                Err(Error::File { path: path.to_owned(), source: ErrorKind::PermissionDenied.into() })
            }
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)).map_err(Error::at(path)),
        }
    }

    /// Whether the user can get to a directory.
    pub(super) fn reaches(self, directory: &Path) -> bool {
        matches!(self, Self::Own)
            || self
                .command(Path::new("/bin/sh"))
                .args(["-c", "cd \"$1\" 2>/dev/null", "sh"])
                .arg(directory)
                .status()
                .is_ok_and(|status| status.success())
    }
}

/// The owner of our own entry in /proc is our effective user.
fn own_uid() -> Result<u32, Error> {
    let proc = Path::new("/proc/self");
    Ok(fs::metadata(proc).map_err(Error::at(proc))?.uid())
}

/// Reads one user out of the text of /etc/passwd.
fn find(users: &str, name: &str) -> Option<Account> {
    let mut fields =
        users.lines().map(|line| line.split(':')).find_map(|mut fields| (fields.next()? == name).then_some(fields))?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account::Other { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert!(matches!(find(users, "postgres"), Some(Account::Other { uid: 101, gid: 104 })));
        assert!(find(users, "nobody").is_none());
    }
}
