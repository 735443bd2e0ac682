//! Posting a message.

use crate::Invalid;
use crate::limits::MESSAGE_ID_AHEAD_MS_MAX;
use crate::thread::guards::Authority;
use crate::thread::texts::{check_message, check_metadata};
use crate::thread::{Change, Command, MessagePosted, NoEvent, PostMessage, Rejection, Thread};

/// Members and services post. The id recognises a retry, whenever it comes, even after archiving: the same body gets
/// the first outcome, another body is a conflict.
///
/// A message without text, neither open nor sealed, was deleted before it came here: an import posts it so that it keeps its
/// place, and deletes it with the next command. Every reader gets it as superseded. People cannot post one: edges check
/// with [`Action::check_texts`](crate::thread::Action::check_texts), which refuses it.
pub(super) fn decide(thread: &Thread, command: &Command, post: &PostMessage) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    check_values(command, post, actor)?;
    if let Some(fact) = thread.fact(post.message) {
        return Err(if fact.posted_digest == post.digest(&command.actor) {
            NoEvent::AlreadyApplied(fact.posted(post.message))
        } else {
            Rejection::MessageConflict.into()
        });
    }
    thread.check_open()?;
    if post.reply_to.is_some_and(|id| thread.fact(id).is_none()) {
        return Err(invalid("message.reply_to", Invalid::NotInThread).into());
    }
    Ok(Change::MessagePosted(MessagePosted {
        message: post.message,
        number: thread.last_number + 1,
        kind: post.kind,
        content: post.content.clone(),
        metadata: post.metadata.clone(),
        reply_to: post.reply_to,
    }))
}

/// Checks what needs no fact of any message, so that a command that fails here causes no lookup. A retry of an accepted
/// command always passes.
pub(super) fn check_values(command: &Command, post: &PostMessage, actor: Authority) -> Result<(), Rejection> {
    // An id far ahead would make later ones look old for a long time.
    let latest_ms = command.at.millis().saturating_add(MESSAGE_ID_AHEAD_MS_MAX);
    if post.message.minted_ms().is_none_or(|minted_ms| minted_ms > latest_ms) {
        return Err(invalid("message.id", Invalid::MessageId));
    }
    if post.kind.is_reserved() && actor != Authority::Service {
        return Err(invalid("message.kind", Invalid::Reserved));
    }
    if post.content.is_withheld() {
        return check_metadata("message.metadata", Some(&post.metadata));
    }
    check_message(&post.content, Some(&post.metadata))
}

const fn invalid(field: &'static str, reason: Invalid) -> Rejection {
    Rejection::Invalid { field, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{CONTENT_CHARS_MAX, METADATA_DEPTH_MAX};
    use crate::thread::fixtures::{START_MS, Story, invalid, message_id, message_id_at, metadata, post};
    use crate::thread::{Action, MessageKind};
    use crate::{MessageId, Timestamp};

    fn number(change: Result<Change, NoEvent>) -> u64 {
        let Ok(Change::MessagePosted(posted)) = change else { panic!("{change:?}") };
        posted.number
    }

    #[test]
    fn accepted_from_every_member_with_dense_numbers() {
        let mut story = Story::group();
        for (n, actor) in (1..).zip(["ann", "bob", "cid", "ann"]) {
            assert_eq!(number(story.change(actor, Action::Post(post(message_id(n), "hello")))), u64::from(n));
        }
        assert_eq!(story.thread.last_number, 4);
        assert_eq!(number(Story::dm().change("bob", Action::Post(post(message_id(1), "hello")))), 1);
    }

    #[test]
    fn accepted_with_an_id_older_than_others() {
        let mut story = Story::group();
        story.ask("ann", Action::Post(post(message_id(2), "second"))).unwrap();
        assert_eq!(number(story.change("bob", Action::Post(post(message_id(1), "first")))), 2);
    }

    #[test]
    fn accepted_reply_even_to_a_deleted_message() {
        let mut story = Story::group();
        story.ask("ann", Action::Post(post(message_id(1), "hello"))).unwrap();
        story.ask("ann", Action::Delete { message: message_id(1) }).unwrap();
        let reply = PostMessage { reply_to: Some(message_id(1)), ..post(message_id(2), "what?") };
        assert_eq!(number(story.change("bob", Action::Post(reply))), 2);
    }

    #[test]
    fn rejected_from_strangers_and_in_the_archive() {
        let post = || Action::Post(post(message_id(1), "hello"));
        assert_eq!(Story::group().ask("eve", post()), Err(Rejection::UnknownThread.into()));
        assert_eq!(Story::archived().ask("ann", post()), Err(Rejection::ThreadArchived.into()));
        let before = Story::untold(crate::ThreadId(message_id(0).0)).ask("ann", post());
        assert_eq!(before, Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_ids_not_v7_or_from_the_future() {
        let mut story = Story::group();
        let asked_ms = story.now.millis() + 1_000;
        for id in [MessageId(uuid::Uuid::from_u128(7)), message_id_at(asked_ms + MESSAGE_ID_AHEAD_MS_MAX + 1, 0)] {
            let asked = story.clone().ask("ann", Action::Post(post(id, "hello")));
            assert_eq!(asked, invalid("message.id", Invalid::MessageId));
        }
        let just = message_id_at(asked_ms + MESSAGE_ID_AHEAD_MS_MAX, 0);
        assert!(story.ask("ann", Action::Post(post(just, "hello"))).is_ok());
        story.now = Timestamp(i64::MAX - 1_000);
        assert!(story.ask("ann", Action::Post(post(message_id_at(START_MS, 1), "hello"))).is_ok());
    }

    #[test]
    fn rejected_values_name_the_field() {
        let mut story = Story::group();
        let too_long = "x".repeat(CONTENT_CHARS_MAX + 1);
        let too_deep = metadata(&"[".repeat(METADATA_DEPTH_MAX + 1));
        let hello = || post(message_id(1), "hello");
        for (post, expected) in [
            (post(message_id(1), " \n"), invalid("message.content", Invalid::Empty)),
            (
                post(message_id(1), &too_long),
                invalid("message.content", Invalid::TooLong { chars_max: CONTENT_CHARS_MAX }),
            ),
            (
                PostMessage { metadata: too_deep, ..hello() },
                invalid("message.metadata", Invalid::TooDeep { depth_max: METADATA_DEPTH_MAX }),
            ),
            (
                PostMessage { reply_to: Some(message_id(9)), ..hello() },
                invalid("message.reply_to", Invalid::NotInThread),
            ),
            (
                PostMessage { reply_to: Some(message_id(1)), ..hello() },
                invalid("message.reply_to", Invalid::NotInThread),
            ),
        ] {
            assert_eq!(story.ask("ann", Action::Post(post)), expected);
        }
    }

    #[test]
    fn duplicate_has_the_first_outcome_for_ever() {
        let mut story = Story::group();
        let first = story.ask("cid", Action::Post(post(message_id(1), "hello"))).unwrap();
        let settled = Err(NoEvent::AlreadyApplied(first.outcome()));
        let again = || Action::Post(post(message_id(1), "hello"));
        assert_eq!(story.ask("cid", again()), settled);
        story.ask("ann", Action::Delete { message: message_id(1) }).unwrap();
        assert_eq!(story.ask("cid", again()), settled);
        story.ask("ann", Action::Archive).unwrap();
        assert_eq!(story.ask("cid", again()), settled);
        assert_eq!(story.thread.last_number, 1);
    }

    #[test]
    fn conflict_when_anything_differs() {
        let mut story = Story::group();
        story.ask("ann", Action::Post(post(message_id(1), "hello"))).unwrap();
        let hello = || post(message_id(1), "hello");
        for (actor, post) in [
            ("bob", hello()),
            ("ann", post(message_id(1), "hello!")),
            ("ann", PostMessage { kind: MessageKind::Voice, ..hello() }),
            ("ann", PostMessage { metadata: metadata(r#"{"a":1}"#), ..hello() }),
            ("ann", PostMessage { reply_to: Some(message_id(1)), ..hello() }),
        ] {
            assert_eq!(story.ask(actor, Action::Post(post)), Err(Rejection::MessageConflict.into()));
        }
        assert_eq!(story.thread.last_seq, 3);
    }

    #[test]
    fn accepted_without_text_as_superseded_but_never_from_people() {
        let mut story = Story::group();
        let action = Action::Post(post(message_id(1), ""));
        assert_eq!(action.check_texts().map_err(NoEvent::from), invalid("message.content", Invalid::Empty));
        let event = story.ask("ann", action.clone()).unwrap();
        let Change::MessagePosted(posted) = &event.change else { panic!() };
        assert!(posted.content.is_withheld());
        assert_eq!(story.ask("ann", action), Err(NoEvent::AlreadyApplied(event.outcome())));
        assert!(story.ask("ann", Action::Delete { message: message_id(1) }).is_ok());
        let edit = crate::thread::EditMessage { message: message_id(1), content: "".into(), metadata: None };
        assert_eq!(story.ask("ann", Action::Edit(edit)), invalid("message.content", Invalid::Empty));
    }

    #[test]
    fn accepted_from_a_service_in_every_thread_there_is() {
        let mut story = Story::group();
        let about = |n, kind| Action::Post(PostMessage { kind, ..post(message_id(n), "paid") });
        assert_eq!(number(story.change("service:crm", about(1, MessageKind::Payment))), 1);
        assert!(!story.thread.members.contains_key(&crate::thread::fixtures::user("crm")));
        let before = Story::untold(crate::ThreadId(message_id(0).0)).ask("service:crm", about(1, MessageKind::System));
        assert_eq!(before, Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_kinds_that_only_services_post() {
        let mut story = Story::group();
        for kind in MessageKind::ALL.iter().filter(|kind| kind.is_reserved()) {
            let post = PostMessage { kind: *kind, ..post(message_id(1), "paid") };
            assert_eq!(story.ask("ann", Action::Post(post)), invalid("message.kind", Invalid::Reserved));
        }
    }

    #[test]
    fn accepted_sealed_and_a_retry_told_by_its_digest() {
        let sealed = |digest, bytes| {
            let text = crate::Text::Sealed(crate::Sealed { digest: [digest; 16], bytes: vec![bytes; 60].into() });
            Action::Post(PostMessage { content: text, ..post(message_id(1), "") })
        };
        let mut story = Story::group();
        let event = story.ask("ann", sealed(1, 1)).unwrap();
        assert_eq!(story.ask("ann", sealed(1, 2)), Err(NoEvent::AlreadyApplied(event.outcome())));
        assert_eq!(story.ask("ann", sealed(2, 1)), Err(Rejection::MessageConflict.into()));
    }
}
