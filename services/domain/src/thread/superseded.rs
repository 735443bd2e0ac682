//! Which text of a message is superseded: replaced by an edit, or deleted. No reader gets it.

use crate::Metadata;
use crate::thread::{Change, Event};

/// The parts of a message that a person types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextParts {
    pub content: bool,
    pub metadata: bool,
}

impl TextParts {
    /// Returns whether it names no part.
    pub const fn is_empty(self) -> bool {
        !self.content && !self.metadata
    }

    /// Returns the parts that either names.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { content: self.content || other.content, metadata: self.metadata || other.metadata }
    }
}

/// A change of one message's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextChange {
    /// The message's number.
    pub number: u64,
    /// The parts that it replaces or deletes: readers get them from no earlier event. Empty for a posting.
    pub supersedes: TextParts,
}

impl Change {
    /// Returns how the event changes the text of a message; `None` if it concerns no message.
    pub fn text_change(&self) -> Option<TextChange> {
        match self {
            Self::MessagePosted(posted) => Some(TextChange { number: posted.number, supersedes: TextParts::default() }),
            Self::MessageEdited { number, metadata, .. } => {
                let supersedes = TextParts { content: true, metadata: metadata.is_some() };
                Some(TextChange { number: *number, supersedes })
            }
            Self::MessageDeleted { number, .. } => {
                Some(TextChange { number: *number, supersedes: TextParts { content: true, metadata: true } })
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
    /// Removes parts of a message's text from the event that carries them. An empty content means that it was removed: typed
    /// content is never empty (see [`Text::is_withheld`](crate::Text::is_withheld)).
    pub fn withhold(&mut self, parts: TextParts) {
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

    const BOTH: TextParts = TextParts { content: true, metadata: true };
    const CONTENT: TextParts = TextParts { content: true, metadata: false };

    #[test]
    fn edits_and_deletions_supersede_what_was_there_before() {
        let mut story = Story::group();
        let mut text_change = |action| story.change("ann", action).unwrap().text_change().unwrap();
        let message = message_id(1);
        let edit = |metadata| Action::Edit(EditMessage { message, content: "new".into(), metadata });
        let supersedes = |supersedes| TextChange { number: 1, supersedes };
        assert_eq!(text_change(Action::Post(post(message, "old"))), supersedes(TextParts::default()));
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
        assert_eq!(withheld(TextParts::default()), (false, false));
        assert_eq!(withheld(CONTENT), (true, false));
        assert_eq!(withheld(BOTH), (true, true));
    }
}
