//! Which texts of a message are out of date: replaced by an edit, or deleted. Nobody is given them any more.

use crate::Metadata;
use crate::thread::{Change, Event};

/// Parts of what was typed in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The content.
    pub content: bool,
    /// The metadata.
    pub metadata: bool,
}

impl Parts {
    /// Returns the parts that stand in one of the two or in both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { content: self.content || other.content, metadata: self.metadata || other.metadata }
    }
}

/// What an event does to the text of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextChange {
    /// The message's number.
    pub number: u64,
    /// The parts that earlier events carry and that are out of date from here on.
    pub supersedes: Parts,
}

impl Change {
    /// Returns what the event does to the text of a message; `None` if it is about no message.
    pub fn text_change(&self) -> Option<TextChange> {
        match self {
            Self::MessagePosted(posted) => Some(TextChange { number: posted.number, supersedes: Parts::default() }),
            Self::MessageEdited { number, metadata, .. } => {
                let supersedes = Parts { content: true, metadata: metadata.is_some() };
                Some(TextChange { number: *number, supersedes })
            }
            Self::MessageDeleted { number, .. } => {
                Some(TextChange { number: *number, supersedes: Parts { content: true, metadata: true } })
            }
            Self::ThreadCreated(_)
            | Self::ThreadChanged(_)
            | Self::ThreadArchived
            | Self::MemberAdded { .. }
            | Self::MemberRemoved { .. }
            | Self::MemberRoleChanged { .. } => None,
        }
    }
}

impl Event {
    /// Takes parts of a message's text out of the event that carries them. An empty content says so: none that is typed is.
    pub fn withhold(&mut self, parts: Parts) {
        match &mut self.change {
            Change::MessagePosted(posted) => {
                if parts.content {
                    posted.content = "".into();
                }
                if parts.metadata {
                    posted.metadata = Metadata::default();
                }
            }
            Change::MessageEdited { content, metadata, .. } => {
                if parts.content {
                    *content = "".into();
                }
                if let (true, Some(metadata)) = (parts.metadata, metadata) {
                    *metadata = Metadata::default();
                }
            }
            Change::ThreadCreated(_)
            | Change::ThreadChanged(_)
            | Change::ThreadArchived
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::MemberRoleChanged { .. }
            | Change::MessageDeleted { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::fixtures::{Story, message_id, metadata, post};
    use crate::thread::{Action, EditMessage, PostMessage};

    const BOTH: Parts = Parts { content: true, metadata: true };
    const CONTENT: Parts = Parts { content: true, metadata: false };

    #[test]
    fn edits_and_deletions_supersede_what_was_there_before() {
        let mut story = Story::group();
        let mut text_change = |action| story.change("ann", action).unwrap().text_change().unwrap();
        let message = message_id(1);
        let edit = |metadata| Action::Edit(EditMessage { message, content: "new".into(), metadata });
        let supersedes = |supersedes| TextChange { number: 1, supersedes };
        assert_eq!(text_change(Action::Post(post(message, "old"))), supersedes(Parts::default()));
        assert_eq!(text_change(edit(None)), supersedes(CONTENT));
        assert_eq!(text_change(edit(Some(metadata(r#"{"a":1}"#)))), supersedes(BOTH));
        assert_eq!(text_change(Action::Delete { message }), supersedes(BOTH));
    }

    #[test]
    fn what_is_withheld_is_gone_and_the_rest_stays() {
        let mut story = Story::group();
        let posting = PostMessage { metadata: metadata(r#"{"a":1}"#), ..post(message_id(1), "a secret") };
        let posted = story.ask("ann", Action::Post(posting)).unwrap();
        let withheld = |parts| {
            let mut event = posted.clone();
            event.withhold(parts);
            let Change::MessagePosted(posted) = event.change else { panic!("still a posting") };
            (posted.content.as_open() == Some(""), posted.metadata == Metadata::default())
        };
        assert_eq!(withheld(Parts::default()), (false, false));
        assert_eq!(withheld(CONTENT), (true, false));
        assert_eq!(withheld(BOTH), (true, true));
    }
}
