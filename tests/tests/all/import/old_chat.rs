//! A chat in a Django project, which moves in with the documented exporter.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use threadline_tests::corpus::Corpus;

/// The exporter of the documentation, as it stands there.
const EXPORTER: &str = "../docs/examples/export_django.py";
/// Makes the old chat.
const OLD_CHAT: &str = "data/old_chat.py";

/// The old chat's database.
pub(super) struct OldChat {
    directory: PathBuf,
}

impl OldChat {
    /// Makes one out of a history.
    pub(super) fn build(directory: &Path, history: &Corpus) -> Self {
        let lines = directory.join("history.jsonl");
        history.unpack(&lines);
        let chat = Self { directory: directory.to_owned() };
        chat.python(OLD_CHAT, &["build", &chat.database(), lines.to_str().expect("a path in UTF-8")]);
        chat
    }

    /// Lets people go on in it.
    pub(super) fn go_on(&self) {
        self.python(OLD_CHAT, &["go-on", &self.database()]);
    }

    /// Exports all of it, or what is newer; returns the file.
    pub(super) fn export(&self, name: &str, since: Option<&str>) -> String {
        let path = self.directory.join(name);
        let mut arguments = vec![self.database()];
        arguments.extend(since.map(|since| format!("--since={since}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        std::fs::write(&path, self.python(EXPORTER, &arguments)).expect("the folder can be written");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// What everybody sees in it.
    pub(super) fn view(&self) -> Value {
        serde_json::from_slice(&self.python(OLD_CHAT, &["view", &self.database()])).expect("JSON")
    }

    fn database(&self) -> String {
        self.directory.join("db.sqlite3").to_str().expect("a path in UTF-8").to_owned()
    }

    fn python(&self, script: &str, arguments: &[&str]) -> Vec<u8> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let errors = File::create(self.directory.join("python.log")).expect("the folder can be written");
        let output = Command::new("python3").arg("-B").arg(&script).args(arguments).stderr(errors).output();
        let output = output.expect("python3 is there");
        let log = std::fs::read_to_string(self.directory.join("python.log")).unwrap_or_default();
        assert!(output.status.success(), "{} {arguments:?}: {log}", script.display());
        output.stdout
    }
}
