//! Records of type `read`.

use super::super::lines::Fault;
use super::super::records::ReadRecord;
use super::fields::Fields;

pub(super) fn parse(mut fields: Fields<'_>) -> Result<ReadRecord, Fault> {
    let (thread, user, message) = (fields.old_id("thread")?, fields.user("user")?, fields.old_id("message")?);
    let record = ReadRecord {
        thread: Fields::required("thread", thread)?,
        user: Fields::required("user", user)?,
        message: Fields::required("message", message)?,
        at: fields.time("at")?,
    };
    fields.finish("a read", "type, thread, user, message, at")?;
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::super::super::records::Record;
    use super::super::fixtures::{parse, refuses};

    const GOOD: &str = r#"{"type":"read","thread":7,"user":12,"message":41,"at":"2026-01-31T12:00:00Z"}"#;

    #[test]
    fn a_read_mark_keeps_what_is_said_of_it() {
        let Ok(Record::Read(read)) = parse(GOOD) else { panic!() };
        assert_eq!((&*read.thread.0, read.user.as_str(), &*read.message.0), ("7", "12", "41"));
        assert!(read.at.is_some());
    }

    #[test]
    fn a_fault_names_its_field() {
        refuses(
            GOOD,
            &[
                ("\"message\":41,", "", Some("message"), "is missing"),
                ("41", "[41]", Some("message"), "must be a string or an integer"),
                ("2026", "2126", Some("at"), "must not be in the future"),
                ("\"message\"", "\"number\":1,\"message\"", None, "has an unknown field \"number\": a read has"),
            ],
        );
    }
}
