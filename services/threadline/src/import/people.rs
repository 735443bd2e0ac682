//! The people of a thread: those whom a record names as members, and those who wrote in it.

use std::collections::HashMap;

use threadline_domain::thread::{Kind, Role};
use threadline_domain::{Timestamp, UserId};

use super::records::MemberRecord;

/// Everybody who is or was in a thread, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct People {
    all: Vec<Person>,
    indexes: HashMap<UserId, usize>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) user: UserId,
    /// What the last record says of the membership.
    pub(super) membership: Option<Membership>,
    /// When the person wrote.
    pub(super) wrote: Option<Wrote>,
}

/// What a record says of a membership.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    pub(super) role: Option<Role>,
    pub(super) joined_at: Option<Timestamp>,
    pub(super) left_at: Option<Timestamp>,
}

/// The times of a person's first and last message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrote {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

/// Somebody's part in a thread, from when to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MembershipSpan {
    pub(super) user: UserId,
    pub(super) role: Role,
    /// Whether a record names the role.
    pub(super) is_role_named: bool,
    /// None for who is in it from the beginning.
    pub(super) joins: Option<Timestamp>,
    /// When a record says that the person joined.
    pub(super) recorded_join: Option<Timestamp>,
    pub(super) leaves: Option<Timestamp>,
}

impl People {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.all.iter()
    }

    pub(super) fn contains(&self, user: &UserId) -> bool {
        self.indexes.contains_key(user)
    }

    /// How many are in it at the end, as far as records say.
    pub(super) fn count_staying(&self) -> usize {
        let has_left = |person: &&Person| person.membership.is_some_and(|membership| membership.left_at.is_some());
        self.all.len() - self.all.iter().filter(has_left).count()
    }

    /// Takes a record; the last one of each person counts.
    pub(super) fn add_member(&mut self, record: &MemberRecord) {
        let MemberRecord { role, joined_at, left_at, .. } = *record;
        self.person(&record.user).membership = Some(Membership { role, joined_at, left_at });
    }

    /// Takes a message's sender.
    pub(super) fn add_writer(&mut self, user: &UserId, at: Timestamp) {
        let wrote = &mut self.person(user).wrote;
        let Wrote { first, last } = wrote.unwrap_or(Wrote { first: at, last: at });
        *wrote = Some(Wrote { first: first.min(at), last: last.max(at) });
    }

    fn person(&mut self, user: &UserId) -> &mut Person {
        // Most messages are by somebody who is known: no copy of the id then.
        let index = self.indexes.get(user).copied().unwrap_or_else(|| {
            self.all.push(Person { user: user.clone(), membership: None, wrote: None });
            self.indexes.insert(user.clone(), self.all.len() - 1);
            self.all.len() - 1
        });
        &mut self.all[index]
    }

    /// Returns from when to when everybody is in the thread, in the order in which they come in.
    ///
    /// Nobody writes before coming in or after leaving, whatever the records say. A writer without a record comes in with the
    /// first message, or is in from the beginning where `are_writers_in` says so: then nothing but messages tells of the thread.
    ///
    /// Somebody must own a group: those whom records name as owners, else `creator` if that is one of its people, else
    /// who comes in first.
    pub(super) fn spans(&self, kind: Kind, creator: Option<&UserId>, are_writers_in: bool) -> Vec<MembershipSpan> {
        let mut spans: Vec<MembershipSpan> = self.all.iter().map(|person| person.span(kind, are_writers_in)).collect();
        spans.sort_by_key(|span| span.joins);
        if kind != Kind::Dm && !spans.iter().any(|span| span.role == Role::Owner) {
            let owner = spans.iter().position(|span| Some(&span.user) == creator).unwrap_or_default();
            if let Some(owner) = spans.get_mut(owner) {
                owner.role = Role::Owner;
            }
        }
        spans
    }
}

impl Person {
    fn span(&self, kind: Kind, are_writers_in: bool) -> MembershipSpan {
        let recorded_join = self.membership.and_then(|membership| membership.joined_at);
        let first = self.wrote.map(|wrote| wrote.first);
        let joins = match (self.membership, recorded_join) {
            (Some(_), Some(joined_at)) => Some(first.map_or(joined_at, |first| first.min(joined_at))),
            (Some(_), None) => None,
            (None, _) => first.filter(|_| !are_writers_in),
        };
        let left_at = self.membership.and_then(|membership| membership.left_at);
        let last = self.wrote.map(|wrote| wrote.last);
        let role = self.membership.and_then(|membership| membership.role);
        MembershipSpan {
            user: self.user.clone(),
            role: role.unwrap_or(Role::Member),
            is_role_named: role.is_some() && kind != Kind::Dm,
            joins: joins.filter(|_| kind != Kind::Dm),
            recorded_join,
            leaves: left_at.map(|left_at| last.map_or(left_at, |last| last.max(left_at))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{member, user};
    use super::*;

    fn shown(spans: &[MembershipSpan]) -> Vec<(&str, Role, Option<i64>, Option<i64>)> {
        let ms = |at: Option<Timestamp>| at.map(Timestamp::millis);
        spans.iter().map(|span| (span.user.as_str(), span.role, ms(span.joins), ms(span.leaves))).collect()
    }

    #[test]
    fn nobody_writes_before_coming_in_or_after_leaving() {
        let mut people = People::default();
        people.add_member(&member("late", None, Some(50), None));
        people.add_member(&member("gone", None, Some(10), Some(20)));
        people.add_member(&member("silent", None, None, None));
        for (id, ms) in [("late", 40), ("gone", 15), ("gone", 30), ("unknown", 35), ("late", 60)] {
            people.add_writer(&user(id), Timestamp(ms));
        }
        let spans = people.spans(Kind::Group, None, false);
        assert_eq!(
            shown(&spans),
            [
                ("silent", Role::Owner, None, None),
                ("gone", Role::Member, Some(10), Some(30)),
                ("unknown", Role::Member, Some(35), None),
                ("late", Role::Member, Some(40), None),
            ]
        );
        assert_eq!(people.count_staying(), 3);
    }

    #[test]
    fn a_group_has_an_owner_and_a_dm_has_none() {
        let mut people = People::default();
        for id in ["ann", "bob", "cid"] {
            people.add_member(&member(id, None, None, None));
        }
        let owners = |people: &People, creator: Option<&str>| {
            let spans = people.spans(Kind::Group, creator.map(user).as_ref(), false);
            let owners = spans.into_iter().filter(|span| span.role == Role::Owner);
            owners.map(|span| span.user.to_string()).collect::<Vec<_>>()
        };
        assert_eq!((owners(&people, None), owners(&people, Some("bob"))), (vec!["ann".into()], vec!["bob".into()]));
        assert_eq!(owners(&people, Some("admin")), ["ann"]);
        people.add_member(&member("cid", Some(Role::Owner), None, None));
        assert_eq!(owners(&people, Some("bob")), ["cid"]);
        assert!(people.spans(Kind::Dm, None, false).iter().all(|span| !span.is_role_named));
    }
}
