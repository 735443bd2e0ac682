//! Knows who owns which partitions and what each group has committed. Plain data, without a task or a lock of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::lease::quota;
use crate::{Offset, OwnershipChange, Partition, Topic};

/// The longest wait for a member to stop working on what it gives up.
const REVOKE_MS_MAX: u64 = 3_000;

/// A group's name and its topic.
pub(super) type Key = (String, Topic);

#[derive(Debug)]
pub(super) struct Groups {
    partitions: u32,
    by_name: BTreeMap<Key, Group>,
    members: u64,
}

#[derive(Debug, Default)]
struct Group {
    members: Vec<GroupMember>,
    committed: HashMap<Partition, Offset>,
}

/// One process's membership in a group.
#[derive(Debug)]
pub(super) struct GroupMember {
    pub(super) process: u64,
    pub(super) number: u64,
    changes: mpsc::Sender<OwnershipChange>,
    owned: BTreeSet<Partition>,
    leaving: BTreeSet<Partition>,
}

/// Partitions that a member was asked to give up. The holder waits for `stopped`, at most [`REVOKE_MS_MAX`], and then
/// [releases](Groups::release) them.
#[must_use]
pub(super) struct GivenUp {
    key: Key,
    member: u64,
    partitions: Vec<Partition>,
    stopped: oneshot::Receiver<()>,
}

impl GivenUp {
    /// Waits until the member has stopped working on them, within bounds.
    pub(super) async fn stopped(&mut self) {
        let _ = tokio::time::timeout(Duration::from_millis(REVOKE_MS_MAX), &mut self.stopped).await;
    }
}

impl Groups {
    pub(super) fn new(partitions: u32) -> Self {
        Self { partitions, by_name: BTreeMap::new(), members: 0 }
    }

    /// Adds a member; returns its number. It gets its share with the next [balance](Self::balance).
    pub(super) fn join(&mut self, key: &Key, process: u64, changes: mpsc::Sender<OwnershipChange>) -> u64 {
        self.members += 1;
        let number = self.members;
        let member = GroupMember { process, number, changes, owned: BTreeSet::new(), leaving: BTreeSet::new() };
        self.by_name.entry(key.clone()).or_default().members.push(member);
        number
    }

    /// Records what a group has committed in a partition.
    pub(super) fn commit(&mut self, key: &Key, partition: Partition, offset: Offset) {
        if let Some(group) = self.by_name.get_mut(key) {
            group.committed.insert(partition, offset);
        }
    }

    /// Removes members without telling them.
    pub(super) fn leave(&mut self, gone: impl Fn(&GroupMember) -> bool) -> Vec<GivenUp> {
        for group in self.by_name.values_mut() {
            group.members.retain(|member| !gone(member));
        }
        self.balance()
    }

    /// Gives what a process owns to others, tells it afterwards, and lets it join again as the last member.
    pub(super) fn expire(&mut self, process: u64) -> Vec<GivenUp> {
        let mut expired = Vec::new();
        for (key, group) in &mut self.by_name {
            expired.extend(group.members.extract_if(.., |member| member.process == process).map(|m| (key.clone(), m)));
        }
        let mut given_up = self.balance();
        for (key, mut member) in expired {
            let lost: Vec<_> = std::mem::take(&mut member.owned).into_iter().collect();
            member.leaving.clear();
            if member.changes.try_send(OwnershipChange::Lost(lost)).is_ok()
                && let Some(group) = self.by_name.get_mut(&key)
            {
                group.members.push(member);
            }
        }
        given_up.extend(self.balance());
        given_up
    }

    /// Takes partitions from members with too many and gives free ones to members with too few.
    pub(super) fn balance(&mut self) -> Vec<GivenUp> {
        let mut given_up = Vec::new();
        for (key, group) in &mut self.by_name {
            let owned: BTreeSet<_> = group.members.iter().flat_map(|member| member.owned.iter().copied()).collect();
            let mut free = (0..self.partitions).filter(|partition| !owned.contains(partition));
            let members = group.members.len();
            for (rank, member) in group.members.iter_mut().enumerate() {
                let quota = quota(self.partitions as usize, members, rank);
                let staying = member.owned.len() - member.leaving.len();
                if staying > quota {
                    given_up.push(member.give_up(staying - quota, key));
                } else {
                    let given: BTreeSet<_> = free.by_ref().take(quota - staying).collect();
                    if !given.is_empty() {
                        let committed = |&partition: &Partition| (partition, group.committed.get(&partition).copied());
                        let assigned = given.iter().map(committed).collect();
                        let _ = member.changes.try_send(OwnershipChange::Assigned(assigned));
                        member.owned.extend(given);
                    }
                }
            }
        }
        given_up
    }

    /// Records that a member has stopped working on partitions.
    pub(super) fn release(&mut self, given_up: &GivenUp) -> Vec<GivenUp> {
        let members = self.by_name.get_mut(&given_up.key).into_iter().flat_map(|group| &mut group.members);
        for member in members.filter(|member| member.number == given_up.member) {
            // Only partitions that are still being given up: the member may have lost and regained some meanwhile.
            for partition in &given_up.partitions {
                if member.leaving.remove(partition) {
                    member.owned.remove(partition);
                }
            }
        }
        self.balance()
    }
}

impl GroupMember {
    fn give_up(&mut self, count: usize, key: &Key) -> GivenUp {
        let mut excess: Vec<_> = self.owned.difference(&self.leaving).copied().collect();
        let excess = excess.split_off(excess.len() - count);
        self.leaving.extend(&excess);
        let (done, stopped) = oneshot::channel();
        let _ = self.changes.try_send(OwnershipChange::Revoked { partitions: excess.clone(), done });
        GivenUp { key: key.clone(), member: self.number, partitions: excess, stopped }
    }
}
