//! Records of type `message`.

use threadline_domain::Actor;
use threadline_domain::thread::MessageKind;

use super::super::lines::Fault;
use super::super::records::{Body, MessageRecord, ThreadName};
use super::fields::Fields;

const FIELDS: &str = "type, id, thread, sender, sent_at, content, kind, metadata, reply_to, edited_at, deleted, deleted_at, \
    deleted_by";

/// Of a message that was deleted, what somebody had typed is not read at all.
pub(super) fn parse(mut fields: Fields<'_>) -> Result<MessageRecord, Fault> {
    let (id, thread) = (fields.old_id("id")?, fields.old_id("thread")?);
    let (id, thread) = (Fields::required("id", id)?, Fields::required("thread", thread)?);
    let (sender, sent_at) = (fields.actor("sender")?, fields.time("sent_at")?);
    let (sender, sent_at) = (Fields::required("sender", sender)?, Fields::required("sent_at", sent_at)?);
    let kind = kind(&mut fields)?.unwrap_or(MessageKind::Text);
    check_sender(&sender, kind)?;
    let reply_to = fields.old_id("reply_to")?;
    let (edited_at, deleted_at) = (fields.time("edited_at")?, fields.time("deleted_at")?);
    for (field, at) in [("edited_at", edited_at), ("deleted_at", deleted_at)] {
        if at.is_some_and(|at| at < sent_at) {
            return Err(Fault::of(field, "must not be before sent_at"));
        }
    }
    let (is_deleted, deleted_by) = (fields.flag("deleted")? || deleted_at.is_some(), fields.actor("deleted_by")?);
    let body = if is_deleted {
        fields.ignore("content");
        fields.ignore("metadata");
        Body::Deleted { at: deleted_at.or(edited_at).unwrap_or(sent_at), by: deleted_by }
    } else if deleted_by.is_some() {
        return Err(Fault::of(
            "deleted_by",
            "must be absent unless the message was deleted: give deleted or deleted_at",
        ));
    } else {
        Body::Typed { content: fields.content("content")?, metadata: fields.metadata("metadata")?, edited_at }
    };
    fields.finish("a message", FIELDS)?;
    Ok(MessageRecord { thread: ThreadName::Id(thread), id: Some(id), sender, sent_at, kind, reply_to, body })
}

/// The kind of a message, if it is named.
pub(super) fn kind(fields: &mut Fields<'_>) -> Result<Option<MessageKind>, Fault> {
    let kinds = MessageKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    fields.named("kind", &kinds)
}

/// Refuses people as senders of what only services post.
pub(super) fn check_sender(sender: &Actor, kind: MessageKind) -> Result<(), Fault> {
    if kind.is_reserved() && sender.user().is_some() {
        let reason = format!("only services post the kind {kind}: the sender must be service:<name>, or the kind text");
        return Err(Fault::of("kind", reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use threadline_domain::Timestamp;

    use super::super::super::records::Record;
    use super::super::fixtures::{parse, refuses};
    use super::*;

    const GOOD: &str = r#"{"type":"message","id":41,"thread":7,"sender":12,"sent_at":"2026-01-31T12:00:00Z","content":"hi","metadata":{"a":1},"reply_to":"40","edited_at":"2026-01-31T12:01:00Z"}"#;

    fn good(line: &str) -> MessageRecord {
        let Ok(Record::Message(message)) = parse(line) else { panic!("{line}: {:?}", parse(line)) };
        message
    }

    #[test]
    fn a_message_keeps_what_is_said_of_it() {
        let message = good(GOOD);
        let Body::Typed { content, metadata, edited_at } = &message.body else { panic!() };
        assert_eq!((message.id.as_ref().map(|id| &*id.0), &message.thread.to_string()[..]), (Some("41"), "7"));
        assert_eq!((&**content, metadata.as_json(), message.kind), ("hi", Some(r#"{"a":1}"#), MessageKind::Text));
        assert_eq!(*edited_at, Some(Timestamp(message.sent_at.millis() + 60_000)));
        assert_eq!(message.reply_to.map(|id| id.to_string()).as_deref(), Some("40"));
        let system = GOOD.replace("12,", "\"service:shop\",").replace("\"content\"", "\"kind\":\"system\",\"content\"");
        assert_eq!(good(&system).sender.as_str(), "service:shop");
    }

    #[test]
    fn a_deleted_message_has_no_text() {
        let at = |line: &str| match good(line).body {
            Body::Deleted { at, by } => (at.millis() - 1_769_860_800_000, by.map(|by| by.to_string())),
            typed @ Body::Typed { .. } => panic!("{typed:?}"),
        };
        let deleted = |fields: &str| GOOD.replace("\"reply_to\":\"40\"", fields);
        assert_eq!(at(&deleted(r#""deleted":true"#)), (60_000, None));
        assert_eq!(
            at(&deleted(r#""deleted_at":"2026-01-31T12:02:00Z","deleted_by":"eve""#)),
            (120_000, Some("eve".to_owned()))
        );
        let empty = r#"{"type":"message","id":"a","thread":7,"sender":12,"sent_at":"2026-01-31T12:00:00Z","deleted":true,"content":""}"#;
        assert_eq!(at(empty), (0, None));
    }

    #[test]
    fn a_fault_names_its_field() {
        refuses(
            GOOD,
            &[
                ("\"id\":41,", "", Some("id"), "is missing"),
                ("\"thread\":7,", "", Some("thread"), "is missing"),
                ("12,", "null,", Some("sender"), "is missing"),
                ("2026-01-31T12:00:00Z", "9999-12-31T00:00:00Z", Some("sent_at"), "must not be in the future"),
                ("2026-01-31T12:01", "2026-01-31T11:01", Some("edited_at"), "must not be before sent_at"),
                ("\"hi\"", "\" \"", Some("content"), "must not be empty"),
                ("\"hi\"", "\"hi\",\"kind\":\"system\"", Some("kind"), "the sender must be service:<name>"),
                ("\"hi\"", "\"hi\",\"kind\":\"smoke\"", Some("kind"), "must be one of text, system"),
                ("\"hi\"", "\"hi\",\"deleted\":1", Some("deleted"), "must be true or false"),
                ("\"hi\"", "\"hi\",\"deleted_by\":1", Some("deleted_by"), "unless the message was deleted"),
                ("\"hi\"", "\"hi\",\"attachments\":[]", Some("attachments"), "are not taken yet: leave the field out"),
                ("{\"a\":1}", "{\"a\":1e999}", Some("metadata"), "has a number that is too large"),
                ("reply_to", "parent", None, "has an unknown field \"parent\": a message has type, id, thread"),
            ],
        );
    }
}
