//! Values that hold texts which people typed.

use threadline_domain::thread::{Action, Change, Command, Event};
use threadline_domain::{Actor, Metadata, Text, ThreadId, UserProfile};
use uuid::Uuid;

use crate::{Field, SealContext};

/// A value with typed texts in it.
///
/// ```text
/// impl Typed for Draft { fn each_text(..) { visit(SealContext { field: Field::Content, .. }, (&mut self.content).into()) } }
/// keyring.seal(&mut [draft]).await?
/// ```
///
/// Cannot fail. A text that it leaves out enters the log unsealed, so a new field that people type must be added here;
/// `tests/tests/all/sealing/leak.rs` looks for such leaks.
pub trait Typed {
    /// Visits every text with its context.
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>));
}

/// A text that is sealed or opened in place.
pub enum TextMut<'a> {
    /// Content, a title, a name.
    Text(&'a mut Text),
    Metadata(&'a mut Metadata),
}

impl<'a> From<&'a mut Text> for TextMut<'a> {
    fn from(text: &'a mut Text) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a mut Metadata> for TextMut<'a> {
    fn from(metadata: &'a mut Metadata) -> Self {
        Self::Metadata(metadata)
    }
}

impl Typed for Command {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        let of_thread = |field| SealContext { subject: &self.actor, thread: self.thread, message: None, field };
        let of_message = |message, field| SealContext { message: Some(message), ..of_thread(field) };
        match &mut self.action {
            Action::Create(create) => {
                create.title.iter_mut().for_each(|title| visit(of_thread(Field::Title), title.into()));
                visit(of_thread(Field::ThreadMetadata), (&mut create.metadata).into());
            }
            Action::Change(change) => {
                change.title.iter_mut().flatten().for_each(|title| visit(of_thread(Field::Title), title.into()));
                change.metadata.iter_mut().for_each(|data| visit(of_thread(Field::ThreadMetadata), data.into()));
            }
            Action::Post(post) => {
                visit(of_message(post.message, Field::Content), (&mut post.content).into());
                visit(of_message(post.message, Field::Metadata), (&mut post.metadata).into());
            }
            Action::Edit(edit) => {
                visit(of_message(edit.message, Field::Content), (&mut edit.content).into());
                let context = of_message(edit.message, Field::Metadata);
                edit.metadata.iter_mut().for_each(|metadata| visit(context, metadata.into()));
            }
            Action::Archive
            | Action::AddMember { .. }
            | Action::RemoveMember { .. }
            | Action::ChangeRole { .. }
            | Action::Delete { .. } => {}
        }
    }
}

impl Typed for Event {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        let of_thread = |field| SealContext { subject: &self.actor, thread: self.thread, message: None, field };
        let of_message = |message, field| SealContext { message: Some(message), ..of_thread(field) };
        match &mut self.change {
            Change::ThreadCreated(created) => {
                created.title.iter_mut().for_each(|title| visit(of_thread(Field::Title), title.into()));
                visit(of_thread(Field::ThreadMetadata), (&mut created.metadata).into());
            }
            Change::ThreadChanged(changed) => {
                changed.title.iter_mut().flatten().for_each(|title| visit(of_thread(Field::Title), title.into()));
                changed.metadata.iter_mut().for_each(|data| visit(of_thread(Field::ThreadMetadata), data.into()));
            }
            Change::MessagePosted(posted) => {
                visit(of_message(posted.message, Field::Content), (&mut posted.content).into());
                visit(of_message(posted.message, Field::Metadata), (&mut posted.metadata).into());
            }
            Change::MessageEdited { message, content, metadata, .. } => {
                visit(of_message(*message, Field::Content), content.into());
                let context = of_message(*message, Field::Metadata);
                if let Some(metadata) = metadata {
                    visit(context, metadata.into());
                }
            }
            Change::ThreadArchived
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::MemberRoleChanged { .. }
            | Change::MessageDeleted { .. } => {}
        }
    }
}

impl Typed for UserProfile {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        let subject = Actor::User(self.user.clone());
        self.name.iter_mut().for_each(|name| visit(SealContext::of_name(&subject), name.into()));
    }
}

impl<'a> SealContext<'a> {
    /// Returns the context of a user's name.
    pub const fn of_name(subject: &'a Actor) -> Self {
        Self { subject, thread: ThreadId(Uuid::nil()), message: None, field: Field::Name }
    }
}
