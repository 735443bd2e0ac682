//! A thread's facts about single messages, and which of them must be looked up.

use crate::limits::{KNOWN_MESSAGES_MAX, LOOKED_UP_MESSAGES_MAX};
use crate::thread::{Action, Change, Command, Event, MessageFact, Outcome, Thread, digest, edit_message, post_message};
use crate::{Actor, MessageId, Timestamp};

impl Thread {
    /// Returns the first fact that the command needs and the thread leaves out. A command that is rejected without one
    /// needs none.
    pub(super) fn missing_fact(&self, command: &Command) -> Option<MessageId> {
        let actor = self.authority_of(&command.actor).ok()?;
        let needed = match &command.action {
            Action::Post(post) => {
                post_message::check_values(command, post, actor).ok()?;
                [Some(post.message), post.reply_to]
            }
            Action::Edit(edit) => {
                edit_message::check_values(edit).ok()?;
                [Some(edit.message), None]
            }
            Action::Delete { message } => [Some(*message), None],
            Action::Create(_)
            | Action::Change(_)
            | Action::Archive
            | Action::AddMember { .. }
            | Action::RemoveMember { .. }
            | Action::ChangeRole { .. } => [None, None],
        };
        needed.into_iter().flatten().find(|id| self.leaves_out(*id))
    }

    /// Prepares a state that was just loaded and has no facts yet. `ahead` are the facts of all messages whose id is
    /// above [`MessageId::last_minted_at`] `last_event_at` (ids that clients with a fast clock minted), or the
    /// [`KNOWN_MESSAGES_MAX`] + 1 highest of them. Every other id above it is unused, so a fresh post needs no lookup,
    /// whatever such a client did before.
    pub fn know_messages_ahead(
        &mut self,
        last_event_at: Timestamp,
        ahead: impl IntoIterator<Item = (MessageId, MessageFact)>,
    ) {
        self.known_floor = Some(MessageId::last_minted_at(last_event_at));
        self.known = ahead.into_iter().map(|(id, fact)| (id, Some(fact))).collect();
        self.evict();
    }

    /// Returns the fact of a message of this thread; `None` when the id was never used.
    pub(super) fn fact(&self, id: MessageId) -> Option<&MessageFact> {
        self.known.get(&id)?.as_ref()
    }

    /// Adds a looked-up fact, kept at least until the command that needs it is decided. When there are too many, drops
    /// the earlier ones: nobody knows here which are still needed, and asking again is cheap.
    pub(super) fn admit_fact(&mut self, id: MessageId, fact: Option<MessageFact>) {
        if let Some(floor) = self.known_floor
            && self.known.range(..=floor).count() >= LOOKED_UP_MESSAGES_MAX
        {
            self.known.retain(|known, _| *known > floor);
        }
        // A known fact has followed every event; the looked-up one may not have.
        self.known.entry(id).or_insert(fact);
    }

    /// Folds in an event that concerns a message.
    pub(super) fn evolve_known(&mut self, id: MessageId, event: &Event) {
        if let Change::MessagePosted(_) = event.change {
            evolve(id, self.known.entry(id).or_default(), event);
            self.evict();
        } else if let Some(fact) = self.known.get_mut(&id) {
            evolve(id, fact, event);
        }
    }

    /// Whether only a lookup can tell if and how the id was used.
    fn leaves_out(&self, id: MessageId) -> bool {
        self.known_floor.is_some_and(|floor| id <= floor) && !self.known.contains_key(&id)
    }

    /// Forgets the smallest ids: late commands are about new messages.
    fn evict(&mut self) {
        while self.known.len() > KNOWN_MESSAGES_MAX
            && let Some((id, _)) = self.known.pop_first()
        {
            self.known_floor = self.known_floor.max(Some(id));
        }
    }
}

/// Folds an event of its thread into the fact of message `id`. Ignores an event that the fact has seen.
pub(super) fn evolve(id: MessageId, fact: &mut Option<MessageFact>, event: &Event) {
    match (&event.change, fact) {
        (Change::MessagePosted(posted), fact @ None) if posted.message == id => {
            *fact = Some(MessageFact {
                seq: event.seq,
                number: posted.number,
                sender: event.actor.clone(),
                sent_at: event.at,
                posted_digest: digest::posted(
                    &event.actor,
                    posted.kind,
                    &posted.content,
                    &posted.metadata,
                    posted.reply_to,
                ),
                edited_digest: None,
                changed_seq: event.seq,
                changed_at: event.at,
                deleted: false,
            });
        }
        (Change::MessageEdited { message, content, metadata, .. }, Some(fact))
            if *message == id && fact.changed_seq < event.seq =>
        {
            fact.edited_digest = Some(digest::edited(content, metadata.as_ref()));
            (fact.changed_seq, fact.changed_at) = (event.seq, event.at);
        }
        (Change::MessageDeleted { message, .. }, Some(fact)) if *message == id && fact.changed_seq < event.seq => {
            fact.deleted = true;
            (fact.changed_seq, fact.changed_at) = (event.seq, event.at);
        }
        _ => {}
    }
}

impl MessageFact {
    /// Returns the outcome of posting it.
    pub(super) fn posted(&self, id: MessageId) -> Outcome {
        Outcome { seq: self.seq, message: Some(id), number: Some(self.number), at: self.sent_at }
    }

    /// Returns the outcome of its last change.
    pub(super) fn changed(&self, id: MessageId) -> Outcome {
        Outcome { seq: self.changed_seq, message: Some(id), number: Some(self.number), at: self.changed_at }
    }

    /// Whether this actor posted it.
    pub(super) fn is_by(&self, actor: &Actor) -> bool {
        self.sender == *actor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::thread::fixtures::{START_MS, Story, message_id, message_id_at, post};
    use crate::thread::{EditMessage, MessageKind, PostMessage};

    /// The group after so many messages, with ids from 1 on.
    fn story_of(messages: usize) -> Story {
        let mut story = Story::group();
        for n in 1..=messages {
            story.ask("ann", Action::Post(post(message_id(n as u16), "hello"))).unwrap();
        }
        story
    }

    fn command(actor: &str, action: Action) -> Command {
        Command { thread: Story::group().id, actor: actor.parse().unwrap(), at: Timestamp(START_MS), action }
    }

    #[test]
    fn the_newest_ids_are_known_and_older_ones_are_missing() {
        let thread = story_of(KNOWN_MESSAGES_MAX + 3).thread;
        assert_eq!((thread.known.len(), thread.known_floor), (KNOWN_MESSAGES_MAX, Some(message_id(3))));
        for (id, missing) in [(message_id(3), true), (message_id(4), false), (message_id(u16::MAX), false)] {
            let missing = missing.then_some(id);
            assert_eq!(thread.missing_fact(&command("cid", Action::Post(post(id, "hello")))), missing);
            assert_eq!(thread.missing_fact(&command("cid", Action::Delete { message: id })), missing);
            assert_eq!(thread.missing_fact(&command("eve", Action::Delete { message: id })), None);
        }
    }

    #[test]
    fn a_command_that_is_rejected_anyway_misses_nothing() {
        let thread = story_of(KNOWN_MESSAGES_MAX + 3).thread;
        let old = message_id(1);
        let edit = |content: &str| Action::Edit(EditMessage { message: old, content: content.into(), metadata: None });
        for (action, missing) in [
            (Action::Post(post(old, "hello")), Some(old)),
            (Action::Post(post(old, " ")), None),
            (Action::Post(PostMessage { kind: MessageKind::Payment, ..post(old, "paid") }), None),
            (edit("hallo"), Some(old)),
            (edit(" "), None),
        ] {
            assert_eq!(thread.missing_fact(&command("cid", action.clone())), missing, "{action:?}");
        }
    }

    #[test]
    fn after_a_load_only_ids_up_to_the_last_event_and_those_ahead_can_be_in_use() {
        let mut thread = story_of(3).thread;
        let mut fact = |n| thread.known.remove(&message_id_at(START_MS, n)).flatten().unwrap();
        let (early, late) = (message_id_at(START_MS + 10, 1), message_id_at(START_MS + 10, 2));
        let ahead = [(early, fact(1)), (late, fact(2))];
        thread.know_messages_ahead(Timestamp(START_MS + 5), ahead.clone());
        let missing = |thread: &Thread, id| thread.missing_fact(&command("cid", Action::Post(post(id, "hello"))));
        for (minted_ms, is_missing) in
            [(START_MS, true), (START_MS + 5, true), (START_MS + 6, false), (START_MS + 20, false)]
        {
            let id = message_id_at(minted_ms, 9);
            assert_eq!(missing(&thread, id), is_missing.then_some(id), "{minted_ms}");
        }
        assert_eq!((missing(&thread, early), missing(&thread, late)), (None, None));
        assert_eq!(thread.fact(late), Some(&ahead[1].1));

        // More than a state keeps: the lowest may have others beside them.
        let many = (0..=KNOWN_MESSAGES_MAX as u16).map(|n| (message_id_at(START_MS + 10, n), ahead[0].1.clone()));
        thread.know_messages_ahead(Timestamp(START_MS + 5), many);
        let lowest = message_id_at(START_MS + 10, 0);
        assert_eq!((thread.known.len(), thread.known_floor), (KNOWN_MESSAGES_MAX, Some(lowest)));
    }

    #[test]
    fn a_reply_misses_its_own_id_and_then_its_target() {
        let mut thread = story_of(KNOWN_MESSAGES_MAX + 3).thread;
        let reply = PostMessage { reply_to: Some(message_id(1)), ..post(message_id(2), "hello") };
        let command = command("cid", Action::Post(reply));
        for id in [message_id(2), message_id(1)] {
            assert_eq!(thread.missing_fact(&command), Some(id));
            thread.admit_fact(id, None);
        }
        assert_eq!(thread.missing_fact(&command), None);
    }

    #[test]
    fn looked_up_facts_are_bounded_and_the_last_one_stays() {
        let mut thread = story_of(KNOWN_MESSAGES_MAX + 100).thread;
        for n in (1..=100).rev() {
            thread.admit_fact(message_id(n), None);
            assert!(thread.known.contains_key(&message_id(n)));
            assert!(thread.known.len() <= KNOWN_MESSAGES_MAX + LOOKED_UP_MESSAGES_MAX);
        }
        assert!(thread.known.contains_key(&message_id(101)));
        assert_eq!(thread.known_floor, Some(message_id(100)));
    }

    #[test]
    fn a_looked_up_fact_never_replaces_what_is_known() {
        let mut thread = story_of(1).thread;
        let before = thread.clone();
        thread.admit_fact(message_id(1), None);
        assert_eq!(thread, before);
    }

    #[test]
    fn a_fact_follows_its_own_message_only() {
        let mut story = story_of(1);
        let deleted = story.ask("ann", Action::Delete { message: message_id(1) }).unwrap();
        let posted = story.ask("ann", Action::Post(post(message_id(2), "hello"))).unwrap();
        let mut fact = None;
        evolve(message_id(2), &mut fact, &deleted);
        assert_eq!(fact, None);
        evolve(message_id(2), &mut fact, &posted);
        assert_eq!(fact.as_ref().map(|fact| (fact.number, fact.deleted)), Some((2, false)));
        evolve(message_id(1), &mut fact, &posted);
        assert_eq!(fact.map(|fact| fact.number), Some(2));
    }
}
