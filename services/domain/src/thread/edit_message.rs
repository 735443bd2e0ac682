//! Replacing a message's content.

use crate::thread::texts::check_message;
use crate::thread::{Change, Command, EditMessage, NoEvent, Rejection, Thread};

/// Only the sender edits. Repeating the last edit gives its first outcome. An edit that changes nothing is an edit all the same:
/// it says when the message was edited, which an import needs.
pub(super) fn decide(thread: &Thread, command: &Command, edit: &EditMessage) -> Result<Change, NoEvent> {
    thread.authority_of(&command.actor)?;
    check_values(edit)?;
    let fact = thread.fact(edit.message).ok_or(Rejection::UnknownMessage)?;
    if !fact.is_by(&command.actor) {
        return Err(Rejection::Forbidden.into());
    }
    if fact.deleted {
        return Err(Rejection::MessageDeleted.into());
    }
    if fact.edited_digest == Some(edit.digest()) {
        return Err(NoEvent::AlreadyApplied(fact.changed(edit.message)));
    }
    thread.check_open()?;
    Ok(Change::MessageEdited {
        message: edit.message,
        number: fact.number,
        content: edit.content.clone(),
        metadata: edit.metadata.clone(),
    })
}

/// Checks what needs no fact of the message, so that an edit that fails here causes no lookup.
pub(super) fn check_values(edit: &EditMessage) -> Result<(), Rejection> {
    check_message(&edit.content, edit.metadata.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Invalid;
    use crate::thread::Action;
    use crate::thread::fixtures::{Story, invalid, message_id, metadata, post};

    fn edit(content: &str) -> Action {
        Action::Edit(EditMessage { message: message_id(1), content: content.into(), metadata: None })
    }

    /// The group after its member `cid` posted message 1.
    fn posted() -> Story {
        let mut story = Story::group();
        story.ask("cid", Action::Post(post(message_id(1), "hello"))).unwrap();
        story
    }

    #[test]
    fn accepted_from_the_sender_as_often_as_he_likes() {
        let mut story = posted();
        for content in ["hallo", "hello", "hallo"] {
            let Ok(Change::MessageEdited { number, content: edited, .. }) = story.change("cid", edit(content)) else {
                panic!()
            };
            assert_eq!((number, edited), (1, content.into()));
        }
        assert_eq!(story.thread.last_number, 1);
    }

    #[test]
    fn accepted_without_a_change_once() {
        let mut story = posted();
        let event = story.ask("cid", edit("hello")).unwrap();
        assert!(matches!(event.change, Change::MessageEdited { number: 1, .. }));
        assert_eq!(story.ask("cid", edit("hello")), Err(NoEvent::AlreadyApplied(event.outcome())));
    }

    #[test]
    fn rejected_from_anyone_else_owners_included() {
        let mut story = posted();
        assert_eq!(story.ask("ann", edit("hallo")), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("eve", edit("hallo")), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_when_unknown_deleted_or_archived() {
        assert_eq!(Story::group().ask("cid", edit("hallo")), Err(Rejection::UnknownMessage.into()));
        let mut story = posted();
        story.ask("ann", Action::Archive).unwrap();
        assert_eq!(story.ask("cid", edit("hallo")), Err(Rejection::ThreadArchived.into()));
        story.ask("cid", Action::Delete { message: message_id(1) }).unwrap();
        assert_eq!(story.ask("cid", edit("hallo")), Err(Rejection::MessageDeleted.into()));
    }

    #[test]
    fn rejected_values_name_the_field() {
        let mut story = posted();
        assert_eq!(story.ask("cid", edit("")), invalid("message.content", Invalid::Empty));
        let deep =
            EditMessage { message: message_id(1), content: "hallo".into(), metadata: Some(metadata(&"[".repeat(9))) };
        let too_deep = invalid("message.metadata", Invalid::TooDeep { depth_max: 8 });
        assert_eq!(story.ask("cid", Action::Edit(deep)), too_deep);
    }

    #[test]
    fn duplicate_of_the_last_edit_is_settled() {
        let mut story = posted();
        let event = story.ask("cid", edit("hallo")).unwrap();
        assert_eq!(story.ask("cid", edit("hallo")), Err(NoEvent::AlreadyApplied(event.outcome())));
        story.ask("ann", Action::Archive).unwrap();
        assert_eq!(story.ask("cid", edit("hallo")), Err(NoEvent::AlreadyApplied(event.outcome())));
    }
}
