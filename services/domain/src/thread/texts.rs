//! Checks of what people type.

use crate::limits::TITLE_CHARS_MAX;
use crate::thread::{Action, Rejection};
use crate::{Invalid, Metadata, Text};

impl Action {
    /// Refuses texts that are not allowed in their field. `decide` does too, but of a sealed text it sees only the
    /// size: the edge calls this before it seals.
    pub fn check_texts(&self) -> Result<(), Rejection> {
        match self {
            Self::Create(create) => {
                check_title(create.title.as_ref())?;
                check_metadata("metadata", Some(&create.metadata))
            }
            Self::Change(change) => {
                check_title(change.title.as_ref().and_then(Option::as_ref))?;
                check_metadata("metadata", change.metadata.as_ref())
            }
            Self::Post(post) => check_message(&post.content, Some(&post.metadata)),
            Self::Edit(edit) => check_message(&edit.content, edit.metadata.as_ref()),
            Self::Archive
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::ChangeRole { .. }
            | Self::Delete { .. } => Ok(()),
        }
    }
}

fn check_title(title: Option<&Text>) -> Result<(), Rejection> {
    named("title", title.map_or(Ok(()), |title| title.check_line(TITLE_CHARS_MAX)))
}

/// Refuses what cannot be in a message.
pub(super) fn check_message(content: &Text, metadata: Option<&Metadata>) -> Result<(), Rejection> {
    named("message.content", content.check_content())?;
    check_metadata("message.metadata", metadata)
}

/// Refuses metadata that is too large, nested too deep, or has a NUL.
pub(super) fn check_metadata(field: &'static str, metadata: Option<&Metadata>) -> Result<(), Rejection> {
    named(field, metadata.map_or(Ok(()), Metadata::check))
}

fn named(field: &'static str, checked: Result<(), Invalid>) -> Result<(), Rejection> {
    checked.map_err(|reason| Rejection::Invalid { field, reason })
}
