//! Archiving a thread.

use crate::thread::{Change, Command, NoEvent, Rejection, Thread};

/// Owners archive. Reading, leaving and deleting messages stay possible.
pub(super) fn decide(thread: &Thread, command: &Command) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    thread.check_not_dm()?;
    if !actor.owns() {
        return Err(Rejection::Forbidden.into());
    }
    match thread.archived_at {
        Some(at) => Err(thread.already_applied(at)),
        None => Ok(Change::ThreadArchived),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Action;
    use crate::thread::fixtures::Story;

    #[test]
    fn accepted_from_an_owner() {
        let mut story = Story::group();
        assert_eq!(story.change("ann", Action::Archive), Ok(Change::ThreadArchived));
        assert_eq!(story.thread.archived_at, Some(story.now));
    }

    #[test]
    fn rejected_from_anyone_else() {
        let mut story = Story::group();
        assert_eq!(story.ask("bob", Action::Archive), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("cid", Action::Archive), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("eve", Action::Archive), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_in_a_dm() {
        assert_eq!(Story::dm().ask("ann", Action::Archive), Err(Rejection::DmFixed.into()));
    }

    #[test]
    fn duplicate_is_settled() {
        let mut story = Story::group();
        let event = story.ask("ann", Action::Archive).unwrap();
        assert_eq!(story.ask("ann", Action::Archive), Err(NoEvent::AlreadyApplied(event.outcome())));
    }

    #[test]
    fn accepted_from_a_service() {
        assert_eq!(Story::group().change("service:crm", Action::Archive), Ok(Change::ThreadArchived));
    }
}
