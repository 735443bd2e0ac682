//! What a user may see, from plain lists and without rings or indexes.

use threadline_domain::{Offset, Partition, Topic, UserId};
use threadline_hub::{Audience, JoinMembership, Membership, ThreadState};

use crate::log::{Kind, Log, Record};

/// An event that a connection has to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) offset: Offset,
    /// Whether nobody can read it: sessions that are live receive a frame in its place.
    pub(crate) is_lost: bool,
}

/// Returns what the user sees of a partition from this offset on.
pub(crate) fn seen_by(log: &Log, user: &UserId, topic: Topic, partition: Partition, from: Offset) -> Vec<Expected> {
    let mut inside = Vec::new();
    let mut seen = Vec::new();
    for record in &log.partitions[&(topic, partition)] {
        let (is_seen, is_lost) = match &record.kind {
            Kind::Duplicate(_) => (false, false),
            Kind::Lost(lost) => (inside.contains(&lost.thread), true),
            Kind::Event(event) => match &event.audience {
                Audience::Users(users) => (users.contains(user), false),
                Audience::Thread(thread) => {
                    let was_inside = inside.contains(thread);
                    match &event.membership {
                        Membership::Created(users) if users.contains(user) => inside.push(*thread),
                        Membership::Added(added) if added == user => inside.push(*thread),
                        Membership::Removed(removed) if removed == user => inside.retain(|other| other != thread),
                        _ => {}
                    }
                    (was_inside || inside.contains(thread), false)
                }
            },
        };
        if is_seen && record.offset >= from {
            seen.push(Expected { offset: record.offset, is_lost });
        }
    }
    seen
}

/// Returns the user's memberships as a projection at this offset has them: present ones, and those that ended at or after
/// `ended_since`.
pub(crate) fn memberships(
    log: &Log,
    user: &UserId,
    partition: Partition,
    progress: Offset,
    ended_since: Offset,
) -> Vec<JoinMembership> {
    let mut known: Vec<(JoinMembership, Offset)> = Vec::new();
    let mut states = std::collections::BTreeMap::new();
    let records = log.partitions[&(Topic::Messages, partition)].iter();
    for record in records.take_while(|record| record.offset < progress) {
        let (thread, seq, number, membership) = match &record.kind {
            Kind::Event(event) => {
                let Audience::Thread(thread) = event.audience else { continue };
                (thread, event.seq, event.number, event.membership.clone())
            }
            Kind::Lost(lost) => (lost.thread, lost.seq, lost.number, Membership::Unchanged),
            Kind::Duplicate(_) => continue,
        };
        let state: &mut ThreadState = states.entry(thread).or_default();
        state.last_seq = seq;
        state.last_number = number.unwrap_or(state.last_number);
        let joins = membership.joining().contains(user);
        if joins {
            known.retain(|(other, _)| other.thread != thread);
            let joined = JoinMembership { thread, partition, is_member: true, state: ThreadState::default() };
            known.push((joined, Offset::MAX));
        } else if membership.users().contains(user) {
            for (membership, ended) in known.iter_mut().filter(|(other, _)| other.thread == thread) {
                membership.is_member = false;
                *ended = record.offset;
            }
        }
    }
    known
        .into_iter()
        .filter(|(_, ended)| *ended >= ended_since)
        .map(|(membership, _)| JoinMembership { state: states[&membership.thread], ..membership })
        .collect()
}

/// Returns a partition's records in `from..to`.
pub(crate) fn range(log: &Log, topic: Topic, partition: Partition, from: Offset, to: Offset) -> Vec<&Record> {
    let records = log.partitions[&(topic, partition)].iter();
    records.filter(|record| record.offset >= from && record.offset < to).collect()
}
