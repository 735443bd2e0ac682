//! Changing a thread's title or metadata.

use crate::Invalid;
use crate::thread::{Change, ChangeThread, Command, NoEvent, Rejection, Thread, ThreadChanged};

/// Owners and admins change both; in a dm, which has no title, either one changes the metadata.
pub(super) fn decide(thread: &Thread, command: &Command, parts: &ChangeThread) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    if !thread.is_dm() && !actor.manages() {
        return Err(Rejection::Forbidden.into());
    }
    if parts.title.is_none() && parts.metadata.is_none() {
        return Err(Rejection::Invalid { field: "title", reason: Invalid::Empty }.into());
    }
    let changed = ThreadChanged {
        title: parts.title.clone().filter(|title| *title != thread.title),
        metadata: parts.metadata.clone().filter(|metadata| *metadata != thread.metadata),
    };
    if changed.title.is_none() && changed.metadata.is_none() {
        return Err(thread.already_applied(command.at));
    }
    thread.check_open()?;
    if thread.is_dm() && matches!(changed.title, Some(Some(_))) {
        return Err(Rejection::Invalid { field: "title", reason: Invalid::NotInDm }.into());
    }
    command.action.check_texts()?;
    Ok(Change::ThreadChanged(changed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::thread::fixtures::{Story, invalid, metadata};
    use crate::thread::{Action, Outcome};

    fn title(title: Option<&str>) -> Action {
        Action::Change(ChangeThread { title: Some(title.map(Into::into)), metadata: None })
    }

    fn data(json: &str) -> Action {
        Action::Change(ChangeThread { title: None, metadata: Some(metadata(json)) })
    }

    #[test]
    fn accepted_from_owner_and_admin() {
        let mut story = Story::group();
        story.ask("ann", title(Some("Tea"))).unwrap();
        assert_eq!(story.thread.title, Some("Tea".into()));
        story.ask("bob", data(r#"{"a":1}"#)).unwrap();
        assert_eq!(story.thread.metadata, metadata(r#"{"a":1}"#));
        story.ask("bob", title(None)).unwrap();
        assert_eq!(story.thread.title, None);
    }

    #[test]
    fn accepted_event_names_only_what_changed() {
        let mut story = Story::group();
        story.ask("ann", title(Some("Tea"))).unwrap();
        let both = ChangeThread { title: Some(Some("Tea".into())), metadata: Some(metadata(r#"{"a":1}"#)) };
        let changed = ThreadChanged { title: None, metadata: both.metadata.clone() };
        assert_eq!(story.change("ann", Action::Change(both)), Ok(Change::ThreadChanged(changed)));
    }

    #[test]
    fn accepted_metadata_of_a_dm_from_either() {
        let mut story = Story::dm();
        assert!(story.ask("ann", data(r#"{"a":1}"#)).is_ok());
        assert!(story.ask("bob", data(r#"{"a":2}"#)).is_ok());
        assert_eq!(story.ask("bob", title(Some("We"))), invalid("title", Invalid::NotInDm));
    }

    #[test]
    fn rejected_from_members_and_strangers() {
        let mut story = Story::group();
        assert_eq!(story.ask("cid", title(Some("Tea"))), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("eve", title(Some("Tea"))), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_values_name_the_field() {
        let mut story = Story::group();
        let nothing = Action::Change(ChangeThread { title: None, metadata: None });
        assert_eq!(story.ask("ann", nothing), invalid("title", Invalid::Empty));
        assert_eq!(story.ask("ann", title(Some(" "))), invalid("title", Invalid::Empty));
        let large = format!("\"{}\"", "x".repeat(limits::METADATA_BYTES_MAX));
        let too_large = Invalid::TooLarge { bytes_max: limits::METADATA_BYTES_MAX };
        assert_eq!(story.ask("ann", data(&large)), invalid("metadata", too_large));
    }

    #[test]
    fn rejected_in_the_archive() {
        assert_eq!(Story::archived().ask("ann", title(Some("Tea"))), Err(Rejection::ThreadArchived.into()));
    }

    #[test]
    fn duplicate_is_settled() {
        let mut story = Story::group();
        let event = story.ask("ann", title(Some("Tea"))).unwrap();
        let again = story.ask("ann", title(Some("Tea")));
        let outcome = Outcome { at: story.now, ..event.outcome() };
        assert_eq!(again, Err(NoEvent::AlreadyApplied(outcome)));
    }
}
