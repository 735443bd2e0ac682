//! The binaries that a test starts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Which version of the system a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The one under test, built with the same profile, beside this test.
    Current,
    /// A made-up newer one: it knows the message kind `fixture`, and a schema for its commands and for its events.
    Newer,
}

/// Schemas that only the newer program reads.
pub const NEWER_EVENT_SCHEMA: u32 = 1_000_001;
/// Likewise, of commands.
pub const NEWER_COMMAND_SCHEMA: u32 = 1_000_002;

/// The cargo feature of the newer program, and its binary.
const NEWER_FEATURE: &str = "threadline/fixture-newer";
const NEWER_BINARY: &str = "threadline-fixture-newer";

impl Program {
    /// Sees to it that the binary is there, so that nothing is built while a test measures or waits.
    pub fn prepare(self) {
        self.binary();
    }

    pub(super) fn binary(self) -> PathBuf {
        match self {
            Self::Current => {
                let binary = profile_directory().join("threadline");
                assert!(binary.is_file(), "{} is missing: build it first (cargo build)", binary.display());
                binary
            }
            Self::Newer => {
                static BUILT: OnceLock<PathBuf> = OnceLock::new();
                BUILT.get_or_init(build_newer).clone()
            }
        }
    }
}

/// `target/<profile>`.
pub(super) fn profile_directory() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps").to_owned()
}

/// Builds the newer program where the tests were built, so that it shares their dependencies; quick when it is there.
fn build_newer() -> PathBuf {
    let directory = profile_directory();
    let target = directory.parent().expect("the profile's folder lies in target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--workspace",
        "--locked",
        "--bin",
        NEWER_BINARY,
        "--features",
        NEWER_FEATURE,
        "--target-dir",
    ]);
    cargo.arg(target).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).stdin(Stdio::null());
    if directory.ends_with("release") {
        cargo.arg("--release");
    }
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{NEWER_BINARY} cannot be built: {}", String::from_utf8_lossy(&output.stderr));
    directory.join(NEWER_BINARY)
}
