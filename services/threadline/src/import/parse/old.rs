//! Lines without `type`: a message of a group that its key names and its senders make.

use threadline_domain::limits::THREAD_KEY_CHARS_MAX;
use threadline_domain::{Metadata, text};

use super::super::lines::Fault;
use super::super::records::{Body, MessageRecord, ThreadName};
use super::fields::Fields;
use super::message::{check_sender, kind};

pub(super) fn parse(mut fields: Fields<'_>, prefix: &str) -> Result<MessageRecord, Fault> {
    let key = fields.text("thread_key")?;
    let key = format!("{prefix}{}", Fields::required("thread_key", key)?);
    text::check_line(&key, THREAD_KEY_CHARS_MAX).map_err(|reason| Fault::of("thread_key", reason))?;
    let (sender, sent_at, kind) = (fields.actor("sender")?, fields.time("sent_at")?, kind(&mut fields)?);
    let (sender, kind) = (Fields::required("sender", sender)?, Fields::required("kind", kind)?);
    check_sender(&sender, kind)?;
    let sent_at = Fields::required("sent_at", sent_at)?;
    let body = Body::Typed { content: fields.content("content")?, metadata: Metadata::default(), edited_at: None };
    fields.finish("a line without type", "thread_key, sender, sent_at, kind, content")?;
    Ok(MessageRecord { thread: ThreadName::Key(key.into()), id: None, sender, sent_at, kind, reply_to: None, body })
}

#[cfg(test)]
mod tests {
    use threadline_domain::Timestamp;

    use super::super::super::records::Record;
    use super::super::fixtures::{parse, refuses};

    const GOOD: &str =
        r#"{"thread_key":"k","sender":"ann","sent_at":"2026-01-31T12:00:00.5+01:00","kind":"text","content":"hi"}"#;

    #[test]
    fn a_good_line_is_taken_with_its_own_time() {
        let Ok(Record::Message(message)) = parse(GOOD) else { panic!() };
        assert_eq!((message.thread.to_string().as_str(), message.sender.as_str()), ("old/k", "ann"));
        assert_eq!((message.sent_at, message.id), (Timestamp(1_769_857_200_500), None));
    }

    #[test]
    fn a_fault_names_its_field() {
        refuses(
            GOOD,
            &[
                ("\"ann\"", "[]", Some("sender"), "must be a string or an integer"),
                ("\"sender\":\"ann\",", "", Some("sender"), "is missing"),
                ("ann", "an n", Some("sender"), "must have no white space and no control characters"),
                ("2026-01-31", "yesterday ", Some("sent_at"), "must be an RFC 3339 time"),
                ("2026-01-31", "1950-01-31", Some("sent_at"), "must not be before 1970"),
                ("2026-01-31", "9999-01-31", Some("sent_at"), "must not be in the future"),
                ("\"kind\":\"text\",", "", Some("kind"), "is missing"),
                ("\"text\"", "\"smoke\"", Some("kind"), "must be one of text, system"),
                ("\"text\"", "\"payment\"", Some("kind"), "only services post the kind payment"),
                ("hi", " ", Some("content"), "must not be empty"),
                ("\"kind\"", "\"sort\":1,\"kind\"", None, "has an unknown field \"sort\": a line without type has"),
                ("\"kind\"", "\"attachments\":[],\"kind\"", Some("attachments"), "are not taken yet"),
                ("}", "", None, "is not JSON"),
            ],
        );
    }
}
