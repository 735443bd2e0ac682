//! Membership at the event's offset, for events that a session missed.

use std::collections::{HashMap, HashSet};

use threadline_domain::{ThreadId, UserId};

use crate::audience::MembershipEffect;
use crate::entry::Entry;

/// An event that a session missed, from a ring or from a projection.
pub trait Missed {
    /// Returns the event's thread; `None` for an event that names its users.
    fn thread(&self) -> Option<ThreadId>;
    /// Returns what the event changes for the user.
    fn effect(&self, user: &UserId) -> MembershipEffect;
}

impl Missed for Entry {
    fn thread(&self) -> Option<ThreadId> {
        self.thread()
    }

    fn effect(&self, user: &UserId) -> MembershipEffect {
        self.event.membership.effect(user)
    }
}

/// Returns the events that the user may see: those at whose offset the user was a member, the one that removed the user
/// included. The events of each thread are in order. `outside` names threads that the user is not in before the first
/// event; of the others, the first event about the user tells.
pub fn visible<'a, M: Missed>(
    user: &UserId,
    missed: &'a [M],
    outside: impl IntoIterator<Item = ThreadId>,
) -> Vec<&'a M> {
    let mut outside: HashSet<_> = outside.into_iter().collect();
    let mut first = HashMap::new();
    for event in missed {
        let effect = event.effect(user);
        if let Some(thread) = event.thread()
            && effect != MembershipEffect::Unchanged
        {
            first.entry(thread).or_insert(effect);
        }
    }
    let joins_first = first.into_iter().filter(|(_, effect)| *effect == MembershipEffect::Joins);
    outside.extend(joins_first.map(|(thread, _)| thread));
    let mut seen = Vec::with_capacity(missed.len());
    for event in missed {
        let Some(thread) = event.thread() else {
            seen.push(event);
            continue;
        };
        let effect = event.effect(user);
        if effect == MembershipEffect::Joins {
            outside.remove(&thread);
        }
        if !outside.contains(&thread) {
            seen.push(event);
        }
        if effect == MembershipEffect::Leaves {
            outside.insert(thread);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    struct Row(u128, MembershipEffect, char);

    impl Missed for Row {
        fn thread(&self) -> Option<ThreadId> {
            Some(ThreadId(Uuid::from_u128(self.0)))
        }

        fn effect(&self, _: &UserId) -> MembershipEffect {
            self.1
        }
    }

    fn seen_from(outside: &[u128], rows: &[Row]) -> String {
        let outside = outside.iter().map(|&thread| ThreadId(Uuid::from_u128(thread)));
        visible(&UserId::new("ann").unwrap(), rows, outside).iter().map(|row| row.2).collect()
    }

    #[test]
    fn membership_counts_at_the_events_offset() {
        use MembershipEffect::{Joins, Leaves, Unchanged};
        let seen = |rows: &[Row]| seen_from(&[], rows);
        assert_eq!(seen(&[Row(1, Unchanged, 'a'), Row(2, Unchanged, 'b')]), "ab");
        assert_eq!(seen(&[Row(1, Unchanged, 'a'), Row(1, Joins, '+'), Row(1, Unchanged, 'b')]), "+b");
        assert_eq!(seen(&[Row(1, Unchanged, 'a'), Row(1, Leaves, '-'), Row(1, Unchanged, 'b')]), "a-");
        let again = [Row(1, Leaves, '-'), Row(1, Unchanged, 'x'), Row(1, Joins, '+'), Row(1, Unchanged, 'y')];
        assert_eq!(seen(&again), "-+y");
        assert_eq!(seen(&[Row(1, Leaves, '-'), Row(2, Unchanged, 'a'), Row(1, Unchanged, 'x')]), "-a");
    }

    #[test]
    fn who_was_removed_before_sees_nothing_until_added_again() {
        use MembershipEffect::{Joins, Unchanged};
        assert_eq!(seen_from(&[1], &[Row(1, Unchanged, 'x'), Row(2, Unchanged, 'a')]), "a");
        let again = [Row(1, Unchanged, 'x'), Row(1, Joins, '+'), Row(1, Unchanged, 'a')];
        assert_eq!(seen_from(&[1], &again), "+a");
    }
}
