//! An existing history to move in with.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Beside the checkout, where the whole corpus may lie.
const WHOLE: &str = "../../shared/data/conversations.jsonl.zst";
/// In the repository: eleven of its threads.
const SAMPLE: &str = "data/sample.jsonl";

/// What the importer must make of a history.
pub struct Corpus {
    /// The file.
    pub path: PathBuf,
    /// Its threads, by key.
    pub threads: BTreeMap<String, Imported>,
    /// Its messages.
    pub messages: u64,
}

/// A thread of a history.
#[derive(Default)]
pub struct Imported {
    /// Messages in it.
    pub messages: u64,
    /// Who wrote the first one.
    pub first_sender: String,
    /// The last message's text.
    pub last_content: String,
}

impl Corpus {
    /// The file named by `THREADLINE_CORPUS`, else the whole corpus if it is at hand, else the sample.
    pub fn at_hand() -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let whole = std::env::var_os("THREADLINE_CORPUS").map_or_else(|| home.join(WHOLE), PathBuf::from);
        if whole.is_file() { Self::read(whole) } else { Self::sample() }
    }

    /// The sample in the repository.
    pub fn sample() -> Self {
        Self::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(SAMPLE))
    }

    /// Writes its lines into a file, unpacked.
    pub fn unpack(&self, path: &Path) {
        let mut file = File::create(path).expect("the folder can be written");
        std::io::copy(&mut unpacked(&self.path), &mut file).expect("the file can be written");
    }

    fn read(path: PathBuf) -> Self {
        let bytes = unpacked(&path);
        let mut threads: BTreeMap<String, Imported> = BTreeMap::new();
        let mut messages = 0;
        for line in BufReader::new(bytes).lines() {
            let line: Value = serde_json::from_str(&line.expect("a readable line")).expect("a JSON line");
            let text = |field: &str| line[field].as_str().expect("a text").to_owned();
            let thread = threads.entry(text("thread_key")).or_default();
            if thread.messages == 0 {
                thread.first_sender = text("sender");
            }
            thread.messages += 1;
            thread.last_content = text("content");
            messages += 1;
        }
        Self { path, threads, messages }
    }
}

fn unpacked(path: &Path) -> Box<dyn Read> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let is_packed = path.extension().is_some_and(|extension| extension == "zst");
    if is_packed { Box::new(zstd::Decoder::new(file).expect("a zstd file")) } else { Box::new(file) }
}
