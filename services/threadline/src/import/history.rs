//! The file, line by line.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use threadline_domain::thread::MessageKind;
use threadline_domain::{Timestamp, UserId, limits, text};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Error;

/// Bytes of one line.
const LINE_BYTES_MAX: usize = 1 << 20;
/// Every field of a line.
const FIELDS: [&str; 5] = ["thread_key", "sender", "sent_at", "kind", "content"];
/// The first year whose times fit into a message id.
const EARLIEST: i64 = 0;

/// One message of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) thread_key: String,
    pub(super) sender: UserId,
    pub(super) sent_at: Timestamp,
    pub(super) kind: MessageKind,
    pub(super) content: String,
}

/// A line that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) line: u64,
    pub(super) field: Option<&'static str>,
    pub(super) reason: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(field) = self.field {
            write!(f, ", {field}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Reads the messages of a file in order; blank lines are passed over. The times of a thread must not fall: ids that
/// follow from the messages rise with them.
pub(super) struct History {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    prefix: String,
    line: u64,
    buffer: Vec<u8>,
    /// The time of the last message, by thread key.
    last: HashMap<String, Timestamp>,
}

impl History {
    pub(super) fn open(path: &Path, prefix: &str) -> Result<Self, Error> {
        let refused = || Error::system(path.display().to_string());
        let file = File::open(path).map_err(refused())?;
        let reader: Box<dyn BufRead> = if path.extension().is_some_and(|extension| extension == "zst") {
            Box::new(BufReader::new(zstd::Decoder::new(file).map_err(refused())?))
        } else {
            Box::new(BufReader::new(file))
        };
        Ok(Self::new(path.to_owned(), reader, prefix))
    }

    fn new(path: PathBuf, reader: Box<dyn BufRead>, prefix: &str) -> Self {
        Self { path, reader, prefix: prefix.to_owned(), line: 0, buffer: Vec::new(), last: HashMap::new() }
    }

    /// The number of the line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next message, or what is wrong with its line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Result<Message, BadLine>>, Error> {
        loop {
            self.buffer.clear();
            let limit = LINE_BYTES_MAX as u64 + 1;
            let mut line = (&mut self.reader).take(limit);
            let read = line.read_until(b'\n', &mut self.buffer);
            let bytes = read.map_err(Error::system(format!("{}, line {}", self.path.display(), self.line + 1)))?;
            if bytes == 0 {
                return Ok(None);
            }
            self.line += 1;
            if bytes > LINE_BYTES_MAX && !self.buffer.ends_with(b"\n") {
                self.pass_over_rest()?;
                let reason = format!("has more than {LINE_BYTES_MAX} bytes");
                return Ok(Some(Err(BadLine { line: self.line, field: None, reason })));
            }
            if !self.buffer.trim_ascii().is_empty() {
                let parsed = parse(&self.buffer, &self.prefix).and_then(|message| self.in_order(message));
                return Ok(Some(parsed.map_err(|(field, reason)| BadLine { line: self.line, field, reason })));
            }
        }
    }

    fn in_order(&mut self, message: Message) -> Result<Message, Fault> {
        match self.last.get_mut(&message.thread_key) {
            Some(last) if message.sent_at < *last => {
                return Err((Some("sent_at"), "is before the thread's last line: sort the file by time".into()));
            }
            Some(last) => *last = message.sent_at,
            None => drop(self.last.insert(message.thread_key.clone(), message.sent_at)),
        }
        Ok(message)
    }

    fn pass_over_rest(&mut self) -> Result<(), Error> {
        let passed = self.reader.skip_until(b'\n');
        passed.map(|_| ()).map_err(Error::system(format!("{}, line {}", self.path.display(), self.line)))
    }
}

type Fault = (Option<&'static str>, String);

fn parse(line: &[u8], prefix: &str) -> Result<Message, Fault> {
    let text = std::str::from_utf8(line).map_err(|error| (None, format!("is not UTF-8: {error}")))?;
    let fields: Value = serde_json::from_str(text).map_err(|error| (None, format!("is not JSON: {error}")))?;
    let Value::Object(fields) = fields else { return Err((None, "is not a JSON object".into())) };
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err((None, format!("has an unknown field {name:?}")));
    }
    let field = |name: &'static str| match fields.get(name) {
        Some(Value::String(value)) => Ok(value.as_str()),
        Some(_) => Err((Some(name), "must be a string".to_owned())),
        None => Err((Some(name), "is missing".to_owned())),
    };
    let thread_key = format!("{prefix}{}", field("thread_key")?);
    text::check_line(&thread_key, limits::THREAD_KEY_CHARS_MAX).map_err(fault("thread_key"))?;
    let sender = UserId::new(field("sender")?).map_err(fault("sender"))?;
    let sent_at = OffsetDateTime::parse(field("sent_at")?, &Rfc3339)
        .map_err(|_| (Some("sent_at"), "must be an RFC 3339 time such as 2026-01-31T12:00:00Z".to_owned()))?;
    let sent_at = Timestamp((sent_at.unix_timestamp_nanos() / 1_000_000) as i64);
    if sent_at.millis() < EARLIEST {
        return Err((Some("sent_at"), "must not be before 1970".into()));
    }
    let kind = field("kind")?.parse().map_err(|_| (Some("kind"), format!("must be one of {}", kinds())))?;
    let content = field("content")?;
    text::check_content(content).map_err(fault("content"))?;
    Ok(Message { thread_key, sender, sent_at, kind, content: content.to_owned() })
}

fn fault(field: &'static str) -> impl Fn(threadline_domain::Invalid) -> Fault {
    move |reason| (Some(field), reason.to_string())
}

fn kinds() -> String {
    MessageKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        r#"{"thread_key":"k","sender":"ann","sent_at":"2026-01-31T12:00:00.5+01:00","kind":"text","content":"hi"}"#;

    #[test]
    fn a_good_line_is_taken_with_its_own_time() {
        let message = parse(GOOD.as_bytes(), "old/").expect("good");
        assert_eq!((message.thread_key.as_str(), message.sender.as_str()), ("old/k", "ann"));
        assert_eq!(message.sent_at, Timestamp(1_769_857_200_500));
    }

    #[test]
    fn the_times_of_a_thread_do_not_fall() {
        let line = |key: &str, second: u32| {
            GOOD.replace("\"k\"", &format!("{key:?}")).replace("12:00:00.5", &format!("12:00:{second:02}"))
        };
        let lines = [line("k", 2), line("l", 1), line("k", 2), line("k", 1), line("k", 3)].join("\n");
        let reader = Box::new(std::io::Cursor::new(lines));
        let mut history = History::new(PathBuf::new(), reader, "");
        let mut bad = Vec::new();
        while let Some(line) = history.next().expect("readable") {
            bad.extend(line.err().map(|bad| bad.to_string()));
        }
        assert_eq!(bad, ["line 4, sent_at: is before the thread's last line: sort the file by time"]);
    }

    #[test]
    fn a_bad_line_names_its_field() {
        for (from, to, field, reason) in [
            ("\"ann\"", "5", Some("sender"), "must be a string"),
            ("\"sender\":\"ann\",", "", Some("sender"), "is missing"),
            ("ann", "an n", Some("sender"), "must have no white space and no control characters"),
            ("2026-01-31", "yesterday ", Some("sent_at"), "must be an RFC 3339 time"),
            ("2026-01-31", "1950-01-31", Some("sent_at"), "must not be before 1970"),
            ("\"text\"", "\"smoke\"", Some("kind"), "must be one of text, system"),
            ("hi", " ", Some("content"), "must not be empty"),
            ("\"k\"", "\"\"", Some("thread_key"), "must not be empty"),
            ("\"kind\"", "\"sort\"", None, "has an unknown field \"sort\""),
            ("}", "", None, "is not JSON"),
        ] {
            let (found, said) = parse(GOOD.replacen(from, to, 1).as_bytes(), "").expect_err("bad");
            assert_eq!(found, field, "{said}");
            assert!(said.contains(reason), "{said}");
        }
        assert!(parse(b"\xff", "").expect_err("bad").1.contains("UTF-8"));
        assert!(parse(b"[]", "").expect_err("bad").1.contains("not a JSON object"));
    }
}
