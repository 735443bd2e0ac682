//! Joins a session to the hub.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadline_domain::{Partition, Topic};
use threadline_wire::Offsets;

use crate::hub::{Hub, THREADS};
use crate::join::{Join, JoinMembership, Joined, NotJoined};
use crate::session::Session;
use crate::shard::ShardJoin;

/// A session that is joining the hub, shard by shard. The driver may let other work run between two shards.
///
/// ```text
/// shard 0   [missed ... at)  live ──▶       joined: receives live events
/// shard 1   [missed ... at)  live ──▶
/// shard 2   not joined yet: receives nothing, its events stay in the ring
/// ```
///
/// For every shard, the missed events end exactly at the offset where live events begin, so nothing is lost or
/// delivered twice. Fails with [`NotJoined`] when the hub has not reached the snapshot or the client's cursor, the
/// snapshot is older than a ring, the user has too many sessions, or the hub is closed. A session that has not joined
/// all shards leaves the hub when this is dropped, also after a failure.
#[derive(Debug)]
pub struct Joining<'a, S: Session> {
    hub: &'a Hub<S>,
    join: Join<'a, S>,
    shards: Vec<(Topic, Partition)>,
    /// The user's memberships by partition.
    memberships: BTreeMap<Partition, Vec<&'a JoinMembership>>,
    joined: Joined<S>,
    next_shard: usize,
}

impl<'a, S: Session> Joining<'a, S> {
    /// Adds the session to the hub. It has joined no shard yet.
    pub fn start(hub: &'a Hub<S>, join: Join<'a, S>) -> Result<Self, NotJoined> {
        let user = hub.enter(join.user, &join.session)?;
        let mut memberships: BTreeMap<Partition, Vec<&JoinMembership>> = BTreeMap::new();
        for membership in join.memberships {
            memberships.entry(membership.partition).or_default().push(membership);
        }
        let joined = Joined { user, at: Offsets::new(), missed: Vec::new(), uncovered: Vec::new() };
        Ok(Self { hub, join, shards: hub.shards(), memberships, joined, next_shard: 0 })
    }

    /// Joins the next shard; `false` when none is left.
    pub fn next_shard(&mut self) -> Result<bool, NotJoined> {
        let Some(&(topic, partition)) = self.shards.get(self.next_shard) else { return Ok(false) };
        let offset = |offsets: &Offsets| offsets.get(&topic)?.get(partition as usize).copied();
        let shard = if topic == THREADS {
            ShardJoin {
                snapshot: Some(offset(self.join.snapshot).unwrap_or_default()),
                memberships: self.memberships.remove(&partition).unwrap_or_default(),
                from: offset(self.join.from),
            }
        } else {
            ShardJoin { snapshot: None, memberships: Vec::new(), from: offset(self.join.from) }
        };
        let joined = self.hub.join_shard(self.next_shard, &self.joined.user, &self.join.session, &shard)?;
        self.joined.at.entry(topic).or_default().push(joined.at);
        self.joined.missed.extend(joined.missed);
        if !joined.is_covered {
            self.joined.uncovered.push((topic, partition));
        }
        self.next_shard += 1;
        Ok(true)
    }

    /// Joins the remaining shards.
    pub fn finish(mut self) -> Result<Joined<S>, NotJoined> {
        while self.next_shard()? {}
        self.joined.user.mark_joined(&self.join.session, usize::MAX);
        let nothing = Joined {
            user: Arc::clone(&self.joined.user),
            at: Offsets::new(),
            missed: Vec::new(),
            uncovered: Vec::new(),
        };
        self.next_shard = usize::MAX;
        Ok(std::mem::replace(&mut self.joined, nothing))
    }
}

impl<S: Session> Drop for Joining<'_, S> {
    fn drop(&mut self) {
        if self.next_shard != usize::MAX {
            self.hub.leave(&self.joined.user, &self.join.session);
        }
    }
}
