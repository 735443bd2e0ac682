//! Where typed texts are sealed on their way in, and opened on their way out.

use std::sync::Arc;

use threadline_domain::Actor;
use threadline_domain::thread::{Command, Event, Rejection};
use threadline_projections::{MemberView, MessageView, ThreadView, UserView};
use threadline_sealing::{Error, Field, Keyring, SealContext, TextMut, Typed};

/// Why a command was not sealed; nothing was appended.
pub(crate) enum NotSealed {
    /// A text may not stand where it is.
    Rejected(Rejection),
    /// The author's key is unavailable; a retry may help.
    Unavailable(Error),
}

/// Checks what was typed and seals it: nothing after this sees the texts.
pub(crate) async fn seal(keyring: &Keyring, command: &mut Command) -> Result<(), NotSealed> {
    command.action.check_texts().map_err(NotSealed::Rejected)?;
    keyring.seal(std::slice::from_mut(command)).await.map_err(NotSealed::Unavailable)
}

/// The event with its texts open, for whoever caused it.
pub(crate) async fn open_event(keyring: &Keyring, event: Arc<Event>) -> Result<Arc<Event>, Error> {
    if !keyring.seals() {
        return Ok(event);
    }
    let mut opened = [Arc::unwrap_or_clone(event)];
    keyring.open(&mut opened).await?;
    let [opened] = opened;
    Ok(Arc::new(opened))
}

/// Opens messages as the projections have them.
pub(crate) async fn open_messages(keyring: &Keyring, messages: &mut [MessageView]) -> Result<(), Error> {
    if !keyring.seals() {
        return Ok(());
    }
    keyring.open(&mut messages.iter_mut().map(Message).collect::<Vec<_>>()).await
}

/// Opens threads as the projections have them, with their last messages and their members' names.
pub(crate) async fn open_threads(keyring: &Keyring, threads: &mut [ThreadView]) -> Result<(), Error> {
    if !keyring.seals() {
        return Ok(());
    }
    keyring.open(&mut threads.iter_mut().map(Thread).collect::<Vec<_>>()).await
}

/// Opens a user's name as the projections have it.
pub(crate) async fn open_user(keyring: &Keyring, user: &mut UserView) -> Result<(), Error> {
    if !keyring.seals() {
        return Ok(());
    }
    keyring.open(&mut [User(user)]).await
}

struct User<'a>(&'a mut UserView);

impl Typed for User<'_> {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        let UserView { user, name } = &mut *self.0;
        if let Some(name) = name {
            visit(SealContext::of_name(&Actor::User(user.clone())), name.into());
        }
    }
}

struct Message<'a>(&'a mut MessageView);

impl Typed for Message<'_> {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        let MessageView { id, thread, sender, content, metadata, .. } = &mut *self.0;
        let context = |field| SealContext { subject: sender, thread: *thread, message: Some(*id), field };
        visit(context(Field::Content), content.into());
        visit(context(Field::Metadata), metadata.into());
    }
}

struct Thread<'a>(&'a mut ThreadView);

impl Typed for Thread<'_> {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        let ThreadView { id, title, title_by, metadata, metadata_by, members, last_message, .. } = &mut *self.0;
        let context = |subject, field| SealContext { subject, thread: *id, message: None, field };
        if let (Some(title), Some(by)) = (title, title_by) {
            visit(context(by, Field::Title), title.into());
        }
        visit(context(metadata_by, Field::ThreadMetadata), metadata.into());
        for MemberView { user, name, .. } in members {
            if let Some(name) = name {
                visit(SealContext::of_name(&Actor::User(user.clone())), name.into());
            }
        }
        if let Some(message) = last_message {
            Message(message).each_text(visit);
        }
    }
}
