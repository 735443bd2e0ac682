//! From a line to a record: one file a type of record.

mod fields;
mod member;
mod message;
mod old;
mod read;
mod thread;
mod user;

use threadline_domain::Timestamp;

use super::lines::Fault;
use super::records::Record;
use fields::Fields;

/// How far ahead of now a time may be, milliseconds: the same as for clients' clocks.
const AHEAD_MS_MAX: i64 = threadline_domain::limits::MESSAGE_ID_AHEAD_MS_MAX;
/// The types of records.
const TYPES: &str = "must be thread, member, message, read or user";

/// What lines are read with.
#[derive(Clone, Debug)]
pub(super) struct Parser {
    /// Put in front of every key.
    pub(super) prefix: String,
    /// Of the import's start.
    pub(super) now: Timestamp,
}

impl Parser {
    /// Reads a line strictly: every field must be known, and every value one that can be imported.
    pub(super) fn parse(&self, line: &[u8]) -> Result<Record, Fault> {
        let mut fields = Fields::parse(line, self.now)?;
        let Some(name) = fields.text("type")? else {
            if !fields.has("thread_key") {
                return Err(Fault::of("type", format!("is missing: {TYPES} (only a line with thread_key has none)")));
            }
            return old::parse(fields, &self.prefix).map(Record::Message);
        };
        match name.as_str() {
            "thread" => thread::parse(fields, &self.prefix).map(Record::Thread),
            "member" => member::parse(fields).map(Record::Member),
            "message" => message::parse(fields).map(Record::Message),
            "read" => read::parse(fields).map(Record::Read),
            "user" => user::parse(fields).map(Record::User),
            _ => Err(Fault::of("type", TYPES)),
        }
    }
}

#[cfg(test)]
mod fixtures {
    use super::*;

    /// The end of the years in these tests.
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    /// Reads a line as of 2027, with the prefix `old/`.
    pub(super) fn parse(line: &str) -> Result<Record, Fault> {
        Parser { prefix: "old/".into(), now: NOW }.parse(line.as_bytes())
    }

    /// Checks that a good line, with the first `from` replaced by `to`, has a fault in this field, whose reason contains `reason`.
    #[track_caller]
    pub(super) fn refuses(good: &str, changes: &[(&str, &str, Option<&'static str>, &str)]) {
        parse(good).expect("the line is good as it is");
        for (from, to, field, reason) in changes {
            assert!(good.contains(from), "{from} is not in {good}");
            let fault = parse(&good.replacen(from, to, 1)).expect_err(to);
            assert_eq!(fault.field, *field, "{to}: {fault}");
            assert!(fault.reason.contains(reason), "{to}: {fault}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::parse;

    #[test]
    fn a_line_says_what_it_is() {
        for (line, said) in [
            ("{", "is not JSON: EOF while parsing"),
            ("[]", "is not a JSON object"),
            ("7", "is not a JSON object"),
            ("{}", "type: is missing: must be thread, member, message, read or user"),
            (r#"{"type":"reaction"}"#, "type: must be thread, member, message, read or user"),
            (r#"{"type":3}"#, "type: must be a string"),
            (r#"{"type":"user","id":"\ud800","name":"x"}"#, "id: has half of a surrogate pair"),
        ] {
            let fault = parse(line).expect_err(line).to_string();
            assert!(fault.contains(said), "{line}: {fault}");
        }
        let parser = super::Parser { prefix: String::new(), now: threadline_domain::Timestamp(0) };
        assert!(parser.parse(b"\xff").expect_err("bytes").reason.contains("is not UTF-8"));
    }
}
