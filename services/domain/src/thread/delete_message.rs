//! Deleting a message.

use crate::MessageId;
use crate::thread::{Change, Command, NoEvent, Rejection, Thread};

/// The sender and whoever manages the thread delete; also in an archived thread.
pub(super) fn decide(thread: &Thread, command: &Command, message: MessageId) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    let fact = thread.fact(message).ok_or(Rejection::UnknownMessage)?;
    if !fact.is_by(&command.actor) && !actor.manages() {
        return Err(Rejection::Forbidden.into());
    }
    if fact.deleted {
        return Err(NoEvent::AlreadyApplied(fact.changed(message)));
    }
    Ok(Change::MessageDeleted { message, number: fact.number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Action;
    use crate::thread::fixtures::{Story, message_id, post};

    fn delete() -> Action {
        Action::Delete { message: message_id(1) }
    }

    /// The thread after this member posted message 1.
    fn posted(mut story: Story, sender: &str) -> Story {
        story.ask(sender, Action::Post(post(message_id(1), "hello"))).unwrap();
        story
    }

    fn deleted() -> Change {
        Change::MessageDeleted { message: message_id(1), number: 1 }
    }

    #[test]
    fn accepted_from_the_sender() {
        assert_eq!(posted(Story::group(), "cid").change("cid", delete()), Ok(deleted()));
        assert_eq!(posted(Story::dm(), "bob").change("bob", delete()), Ok(deleted()));
    }

    #[test]
    fn accepted_from_owner_and_admin() {
        assert_eq!(posted(Story::group(), "cid").change("ann", delete()), Ok(deleted()));
        assert_eq!(posted(Story::group(), "ann").change("bob", delete()), Ok(deleted()));
    }

    #[test]
    fn accepted_in_the_archive() {
        let mut story = posted(Story::group(), "cid");
        story.ask("ann", Action::Archive).unwrap();
        assert_eq!(story.change("cid", delete()), Ok(deleted()));
    }

    #[test]
    fn rejected_from_other_members_and_strangers() {
        assert_eq!(posted(Story::group(), "ann").ask("cid", delete()), Err(Rejection::Forbidden.into()));
        assert_eq!(posted(Story::dm(), "ann").ask("bob", delete()), Err(Rejection::Forbidden.into()));
        assert_eq!(posted(Story::group(), "ann").ask("eve", delete()), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_when_unknown() {
        assert_eq!(Story::group().ask("ann", delete()), Err(Rejection::UnknownMessage.into()));
    }

    #[test]
    fn duplicate_is_settled() {
        let mut story = posted(Story::group(), "cid");
        let event = story.ask("ann", delete()).unwrap();
        assert_eq!(story.ask("cid", delete()), Err(NoEvent::AlreadyApplied(event.outcome())));
        assert_eq!(story.thread.last_number, 1);
    }
}
