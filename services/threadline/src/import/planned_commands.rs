//! The commands of an import, and what a message that is here already needs.

use threadline_domain::thread::{Action, Command, EditMessage, MessageFact, PostMessage};
use threadline_domain::{Actor, Metadata, Text, Timestamp};
use threadline_sealing::{SealContext, TextMut, Typed};

use super::membership_schedule::MembershipSchedule;
use super::reading::IncomingMessage;
use super::records::Body;

/// A command for the log, and what a conflict over a message's id means: the same export holds the message twice.
#[derive(Debug)]
pub(super) struct PlannedCommand {
    pub(super) command: Command,
    pub(super) on_conflict: OnConflict,
}

impl Typed for PlannedCommand {
    fn each_text(&mut self, visit: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {
        self.command.each_text(visit);
    }
}

/// What happens when a message with this id was posted with something else in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnConflict {
    /// The next command brings it up to date.
    GoOn,
    /// It is edited, as of this time.
    Edit(Timestamp),
}

/// What one message asks for.
#[derive(Debug)]
pub(super) enum Step {
    Send(PlannedCommand),
    /// The message is here; whether its text changed since can be told when this one is sealed.
    Compare(Comparison),
    /// The message is here as it should be.
    Present,
}

/// A message that is here, and how the old system has it now, as it would be posted.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) post: Command,
    pub(super) fact: MessageFact,
    /// When the old system says that it was edited.
    pub(super) edited_at: Option<Timestamp>,
}

impl PlannedCommand {
    pub(super) const fn new(command: Command) -> Self {
        Self { command, on_conflict: OnConflict::GoOn }
    }
}

/// Returns what a message that is not here asks for. One that was deleted is posted without text and deleted with the next
/// command, so it keeps its number and nothing of it is ever shown.
pub(super) fn of_new(message: IncomingMessage, schedule: &MembershipSchedule, now: Timestamp) -> Vec<Step> {
    let IncomingMessage { id, sender, sent_at, kind, reply_to, body, .. } = message;
    let post = |content: Text, metadata| {
        let post = PostMessage { message: id, kind, content, metadata, reply_to };
        schedule.command(sender.clone(), sent_at, Action::Post(post))
    };
    let commands = match body {
        Body::Deleted { at, by } => {
            let delete = Action::Delete { message: id };
            let delete = schedule.command(schedule.deleter(&sender, by), at, delete);
            vec![PlannedCommand::new(post("".into(), Metadata::default())), PlannedCommand::new(delete)]
        }
        Body::Typed { content, metadata, edited_at: Some(at) } => {
            let edit = EditMessage { message: id, content: Text::Open(content.clone()), metadata: None };
            let edit = schedule.command(sender.clone(), at, Action::Edit(edit));
            vec![PlannedCommand::new(post(Text::Open(content), metadata)), PlannedCommand::new(edit)]
        }
        Body::Typed { content, metadata, edited_at: None } => {
            vec![PlannedCommand { command: post(Text::Open(content), metadata), on_conflict: OnConflict::Edit(now) }]
        }
    };
    commands.into_iter().map(Step::Send).collect()
}

/// Returns what a message asks for that is here. What was deleted here spans deleted, and what another one than its sender of
/// today posted keeps its text.
pub(super) fn of_present(message: IncomingMessage, fact: &MessageFact, schedule: &MembershipSchedule) -> Step {
    let IncomingMessage { id, sender, sent_at, kind, reply_to, body, .. } = message;
    match body {
        _ if fact.deleted => Step::Present,
        Body::Deleted { at, by } => {
            let actor = schedule.deleter(&fact.sender, by);
            // Who has left cannot delete any more.
            let is_away = actor.user().is_some_and(|user| !schedule.has(user));
            let actor = if is_away { super::present::importer() } else { actor };
            Step::Send(PlannedCommand::new(schedule.command(actor, at, Action::Delete { message: id })))
        }
        Body::Typed { .. } if fact.sender != sender => Step::Present,
        Body::Typed { edited_at: Some(at), .. } if fact.edited_digest.is_some() && at <= fact.changed_at => {
            Step::Present
        }
        Body::Typed { content, metadata, edited_at } => {
            let post = PostMessage { message: id, kind, content: Text::Open(content), metadata, reply_to };
            let post = schedule.command(sender, sent_at, Action::Post(post));
            Step::Compare(Comparison { post, fact: fact.clone(), edited_at })
        }
    }
}

impl Comparison {
    /// Who wrote it.
    pub(super) fn author(&self) -> &Actor {
        &self.post.actor
    }

    /// Returns the edit that brings the message up to date; `None` when it is. Both texts must be sealed, or none.
    pub(super) fn edit(self, now: Timestamp) -> Option<Command> {
        let Self { post: Command { thread, actor, action, .. }, fact, edited_at } = self;
        let Action::Post(post) = action else { return None };
        let is_as_posted = post.digest(&actor) == fact.posted_digest;
        let edit = |metadata| EditMessage { message: post.message, content: post.content.clone(), metadata };
        let all = edit(Some(post.metadata.clone()));
        let edit = match (fact.edited_digest, edited_at) {
            // Only the time is new; this is what a first import would have done.
            (None, Some(_)) if is_as_posted => edit(None),
            // Without a time, nothing but the text says that it changed, and perhaps it changed here.
            (_, None) if is_as_posted => return None,
            (Some(digest), None) if digest == all.digest() || digest == edit(None).digest() => return None,
            _ => all,
        };
        Some(Command { thread, actor, at: edited_at.unwrap_or(now), action: Action::Edit(edit) })
    }
}

#[cfg(test)]
mod tests {
    use threadline_domain::thread::MessageKind;
    use threadline_domain::{MessageId, ThreadId, UserId};
    use uuid::Uuid;

    use super::super::lines::FileLine;
    use super::super::plan::PlannedThread;
    use super::super::records::{ThreadIndex, ThreadName};
    use super::*;

    fn post(content: &str) -> PostMessage {
        let (message, metadata) = (MessageId(Uuid::nil()), Metadata::default());
        PostMessage { message, kind: MessageKind::Text, content: content.into(), metadata, reply_to: None }
    }

    /// What brings a message up to date that was posted as `a`, then edited to `edited` at 20, and now is `content`.
    fn edit(edited: Option<&str>, content: &str, edited_at: Option<i64>) -> Option<(String, i64)> {
        let actor = Actor::from(UserId::new("ann").expect("a user"));
        let edited =
            edited.map(|text| EditMessage { message: MessageId(Uuid::nil()), content: text.into(), metadata: None });
        let fact = MessageFact {
            seq: 2,
            number: 1,
            sender: actor.clone(),
            sent_at: Timestamp(10),
            posted_digest: post("a").digest(&actor),
            edited_digest: edited.as_ref().map(EditMessage::digest),
            changed_seq: 3,
            changed_at: Timestamp(20),
            deleted: false,
        };
        let action = Action::Post(post(content));
        let post = Command { thread: ThreadId::NIL, actor, at: Timestamp(10), action };
        let command = Comparison { post, fact, edited_at: edited_at.map(Timestamp) }.edit(Timestamp(99))?;
        let Action::Edit(edit) = command.action else { panic!() };
        Some((edit.content.as_open().unwrap_or_default().to_owned(), command.at.millis()))
    }

    #[test]
    fn of_a_deleted_message_no_text_is_left() {
        let (planned, now) =
            (PlannedThread::new(ThreadName::Key("k".into()), None, FileLine { file: 0, line: 1 }), Timestamp(99));
        let (schedule, _) = MembershipSchedule::begin(&planned, None, now);
        let message = IncomingMessage {
            thread: ThreadIndex(0),
            id: MessageId(Uuid::nil()),
            sender: UserId::new("ann").expect("a user").into(),
            sent_at: Timestamp(10),
            kind: MessageKind::Text,
            reply_to: None,
            body: Body::Deleted { at: Timestamp(20), by: None },
        };
        let steps = of_new(message, &schedule, now);
        let [Step::Send(post), Step::Send(delete)] = &steps[..] else { panic!("{steps:?}") };
        let Action::Post(posted) = &post.command.action else { panic!() };
        assert!(posted.content.is_withheld() && posted.metadata == Metadata::default());
        assert_eq!(
            (&delete.command.action, delete.command.at),
            (&Action::Delete { message: posted.message }, Timestamp(20))
        );
    }

    #[test]
    fn a_message_is_edited_only_when_the_old_system_has_something_new() {
        for (edited, content, edited_at, expected) in [
            (None, "a", None, None),
            (None, "a", Some(15), Some(("a", 15))),
            (None, "b", Some(15), Some(("b", 15))),
            (None, "b", None, Some(("b", 99))),
            (Some("b"), "b", None, None),
            (Some("b"), "a", None, None),
            (Some("b"), "c", None, Some(("c", 99))),
            (Some("b"), "c", Some(30), Some(("c", 30))),
            (Some("b"), "a", Some(30), Some(("a", 30))),
        ] {
            let found = edit(edited, content, edited_at);
            let found = found.as_ref().map(|(text, at)| (text.as_str(), *at));
            assert_eq!(found, expected, "{edited:?} {content} {edited_at:?}");
        }
    }
}
