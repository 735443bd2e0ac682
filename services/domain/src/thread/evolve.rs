//! Folds events into a thread.

use crate::thread::{Change, Event, MessageFact, Role, Thread};
use crate::{LostEvent, MessageId, Text, ThreadId, UserId};

/// Folds an event into the thread; ignores one that is not the next.
pub(super) fn evolve(thread: &mut Thread, event: &Event) {
    if event.seq != thread.last_seq + 1 {
        return;
    }
    thread.last_seq = event.seq;
    match &event.change {
        Change::ThreadCreated(created) => {
            thread.kind = Some(created.kind);
            thread.key.clone_from(&created.key);
            thread.title.clone_from(&created.title);
            thread.metadata = created.metadata.clone();
            thread.members = created.members.iter().map(|member| (member.user.clone(), member.role)).collect();
            thread.created_at = event.at;
        }
        Change::ThreadChanged(changed) => {
            if let Some(title) = &changed.title {
                thread.title.clone_from(title);
            }
            if let Some(metadata) = &changed.metadata {
                thread.metadata = metadata.clone();
            }
        }
        Change::ThreadArchived => thread.archived_at = Some(event.at),
        Change::MemberAdded { user, role } | Change::MemberRoleChanged { user, role } => {
            thread.members.insert(user.clone(), *role);
        }
        Change::MemberRemoved { user } => {
            thread.members.remove(user);
        }
        Change::MessagePosted(posted) => {
            thread.last_number = posted.number;
            thread.evolve_known(posted.message, event);
        }
        Change::MessageEdited { message, .. } | Change::MessageDeleted { message, .. } => {
            thread.evolve_known(*message, event);
        }
    }
}

/// Uses the numbers of an event whose body is lost; ignores one that is not the next.
pub(super) fn evolve_lost(thread: &mut Thread, lost: &LostEvent<ThreadId>) {
    if lost.seq != thread.last_seq + 1 {
        return;
    }
    thread.last_seq = lost.seq;
    thread.last_number = thread.last_number.max(lost.number.unwrap_or_default());
}

/// What the text of a user id is taken to need; counting each would cost a walk through all members.
const USER_ID_BYTES: usize = 48;

impl Thread {
    /// Returns roughly the bytes of memory it takes, without visiting its members and messages.
    pub(super) fn weight_bytes(&self) -> usize {
        // A node of a B-tree is about three quarters full.
        let entries = |count: usize, bytes: usize| count * bytes * 4 / 3;
        size_of::<Self>()
            + self.key.as_ref().map_or(0, |key| key.len())
            + self.title.as_ref().map_or(0, Text::len_bytes)
            + self.metadata.len_bytes()
            + entries(self.members.len(), size_of::<(UserId, Role)>())
            + self.members.len() * USER_ID_BYTES
            + entries(self.known.len(), size_of::<(MessageId, Option<MessageFact>)>())
            + self.known.len() * USER_ID_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Action;
    use crate::thread::fixtures::{Story, message_id, post, user};

    #[test]
    fn an_event_that_is_not_the_next_changes_nothing() {
        let mut story = Story::group();
        let before = story.thread.clone();
        let event = story.ask("ann", Action::Archive).unwrap();
        for seq in [0, 1, 2, 4] {
            let mut thread = before.clone();
            evolve(&mut thread, &Event { seq, ..event.clone() });
            assert_eq!(thread, before);
        }
    }

    #[test]
    fn a_lost_event_takes_its_numbers() {
        let mut story = Story::group();
        story.ask("ann", Action::Post(post(message_id(1), "hello"))).unwrap();
        let before = story.thread.clone();
        for (seq, number, expected) in
            [(4, Some(2), (4, 2)), (4, None, (4, 1)), (3, Some(2), (3, 1)), (5, Some(2), (3, 1))]
        {
            let mut thread = before.clone();
            evolve_lost(&mut thread, &LostEvent { id: story.id, seq, number });
            assert_eq!((thread.last_seq, thread.last_number), expected, "seq {seq}, number {number:?}");
        }
    }

    #[test]
    fn weight_grows_with_members_and_messages() {
        let mut story = Story::group();
        let mut weights = vec![story.thread.weight_bytes()];
        story.ask("ann", Action::AddMember { user: user("dan"), role: Role::Member }).unwrap();
        weights.push(story.thread.weight_bytes());
        story.ask("ann", Action::Post(post(message_id(1), "hello"))).unwrap();
        weights.push(story.thread.weight_bytes());
        assert!(weights.is_sorted_by(|less, more| less < more), "{weights:?}");
    }
}
