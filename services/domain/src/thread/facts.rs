//! What a thread knows of single messages, and what has to be looked up.

use crate::limits::{KNOWN_MESSAGES_MAX, LOOKED_UP_MESSAGES_MAX};
use crate::thread::{Action, Change, Command, Event, MessageFact, Outcome, Thread, digest};
use crate::{MessageId, UserId};

impl Thread {
    /// The first fact that the command needs and the thread leaves out. A stranger's command needs none.
    pub(super) fn missing_fact(&self, command: &Command) -> Option<MessageId> {
        if !self.members.contains_key(&command.actor) {
            return None;
        }
        let needed = match &command.action {
            Action::Post(post) => [Some(post.message), post.reply_to],
            Action::Edit(edit) => [Some(edit.message), None],
            Action::Delete { message } => [Some(*message), None],
            _ => [None, None],
        };
        needed.into_iter().flatten().find(|id| self.leaves_out(*id))
    }

    /// The fact of a message of this thread; `None` when the id was never used.
    pub(super) fn fact(&self, id: MessageId) -> Option<&MessageFact> {
        self.known.get(&id)?.as_ref()
    }

    /// Keeps a looked-up fact, at least until the command that needs it is decided. When there are too many of them,
    /// the earlier ones go: which of them are still needed is not known here, and asking again is cheap.
    pub(super) fn admit_fact(&mut self, id: MessageId, fact: Option<MessageFact>) {
        if let Some(floor) = self.known_floor
            && self.known.range(..=floor).count() >= LOOKED_UP_MESSAGES_MAX
        {
            self.known.retain(|known, _| *known > floor);
        }
        // What is known already has followed every event, the looked-up fact may not have.
        self.known.entry(id).or_insert(fact);
    }

    /// Follows an event that concerns a message.
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

/// The fact of message `id` after an event of its thread. An event that the fact has seen already changes nothing.
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
    /// What posting it led to.
    pub(super) fn posted(&self, id: MessageId) -> Outcome {
        Outcome { seq: self.seq, message: Some(id), number: Some(self.number), at: self.sent_at }
    }

    /// What changing it last led to.
    pub(super) fn changed(&self, id: MessageId) -> Outcome {
        Outcome { seq: self.changed_seq, message: Some(id), number: Some(self.number), at: self.changed_at }
    }

    /// Whether this user posted it.
    pub(super) fn is_by(&self, user: &UserId) -> bool {
        self.sender == *user
    }
}
