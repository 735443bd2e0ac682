//! Ownership of partitions in the log in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use crate::lease::quota;
use crate::{Offset, Ownership, OwnershipChange, Partition, Topic};

/// Changes that may wait for an owner; one that lets more wait counts as dead.
const CHANGES_MAX: usize = 64;
/// Commits that may wait.
const COMMITS_MAX: usize = 1_024;
/// How long a member may take to stop working on what it gives up.
const REVOKE_MS_MAX: u64 = 3_000;

type Key = (String, Topic);

/// All groups.
#[derive(Debug)]
pub(super) struct Groups {
    partitions: u32,
    by_name: BTreeMap<Key, Group>,
    members: u64,
}

#[derive(Debug, Default)]
struct Group {
    /// In the order of joining.
    members: Vec<Member>,
    committed: HashMap<Partition, Offset>,
}

/// One process's part in a group.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) process: u64,
    number: u64,
    changes: mpsc::Sender<OwnershipChange>,
    owned: BTreeSet<Partition>,
    leaving: BTreeSet<Partition>,
}

/// Takes part until the returned value is dropped or the process is gone.
pub(super) fn join(
    broker: &Arc<Broker>,
    process: u64,
    closing: CancellationToken,
    topic: Topic,
    group: &str,
) -> Ownership {
    let (changes, changes_out) = mpsc::channel(CHANGES_MAX);
    let (commits_in, mut commits) = mpsc::channel(COMMITS_MAX);
    let key = (group.to_owned(), topic);
    let listens = changes.clone();
    let number = {
        let mut state = broker.lock();
        state.groups.members += 1;
        let number = state.groups.members;
        let member = Member { process, number, changes, owned: BTreeSet::new(), leaving: BTreeSet::new() };
        state.groups.by_name.entry(key.clone()).or_default().members.push(member);
        if !state.outage {
            state.groups.balance(broker);
        }
        number
    };
    let broker = Arc::clone(broker);
    // Only a weak end is kept, so that a killed process's owner hears the end of its changes.
    let listens = listens.downgrade();
    tokio::spawn(async move {
        let left = async {
            match listens.upgrade() {
                Some(changes) => changes.closed().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(left);
        loop {
            tokio::select! {
                () = &mut left => break,
                () = closing.cancelled() => break,
                Some((partition, offset)) = commits.recv() => {
                    if let Some(group) = broker.lock().groups.by_name.get_mut(&key) {
                        group.committed.insert(partition, offset);
                    }
                }
            }
        }
        broker.lock().groups.leave(&broker, |member| member.number == number);
    });
    Ownership::new(changes_out, commits_in)
}

impl Groups {
    pub(super) fn new(partitions: u32) -> Self {
        Self { partitions, by_name: BTreeMap::new(), members: 0 }
    }

    /// Takes members out, without telling them.
    pub(super) fn leave(&mut self, broker: &Arc<Broker>, gone: impl Fn(&Member) -> bool) {
        for group in self.by_name.values_mut() {
            group.members.retain(|member| !gone(member));
        }
        self.balance(broker);
    }

    /// Gives what a process owns to others, tells it afterwards, and lets it begin anew, as the last one.
    pub(super) fn expire(&mut self, broker: &Arc<Broker>, process: u64) {
        let mut expired = Vec::new();
        for (key, group) in &mut self.by_name {
            expired.extend(group.members.extract_if(.., |member| member.process == process).map(|m| (key.clone(), m)));
        }
        self.balance(broker);
        for (key, mut member) in expired {
            let lost: Vec<_> = std::mem::take(&mut member.owned).into_iter().collect();
            member.leaving.clear();
            if member.changes.try_send(OwnershipChange::Lost(lost)).is_ok()
                && let Some(group) = self.by_name.get_mut(&key)
            {
                group.members.push(member);
            }
        }
        self.balance(broker);
    }

    /// Takes what is too many, gives what is free.
    pub(super) fn balance(&mut self, broker: &Arc<Broker>) {
        for (key, group) in &mut self.by_name {
            let owned: BTreeSet<_> = group.members.iter().flat_map(|member| member.owned.iter().copied()).collect();
            let mut free = (0..self.partitions).filter(|partition| !owned.contains(partition));
            let members = group.members.len();
            for (rank, member) in group.members.iter_mut().enumerate() {
                let quota = quota(self.partitions as usize, members, rank);
                let staying = member.owned.len() - member.leaving.len();
                if staying > quota {
                    member.give_up(staying - quota, broker, key);
                } else {
                    let given: BTreeSet<_> = free.by_ref().take(quota - staying).collect();
                    if !given.is_empty() {
                        let place = |&partition: &Partition| (partition, group.committed.get(&partition).copied());
                        let assigned = given.iter().map(place).collect();
                        let _ = member.changes.try_send(OwnershipChange::Assigned(assigned));
                        member.owned.extend(given);
                    }
                }
            }
        }
    }

    /// A member has stopped working on partitions.
    fn release(&mut self, broker: &Arc<Broker>, key: &Key, number: u64, partitions: &[Partition]) {
        let members = self.by_name.get_mut(key).into_iter().flat_map(|group| &mut group.members);
        for member in members.filter(|member| member.number == number) {
            // Only what is still leaving: the member may have lost and regained it meanwhile.
            for partition in partitions {
                if member.leaving.remove(partition) {
                    member.owned.remove(partition);
                }
            }
        }
        self.balance(broker);
    }
}

impl Member {
    fn give_up(&mut self, count: usize, broker: &Arc<Broker>, key: &Key) {
        let mut excess: Vec<_> = self.owned.difference(&self.leaving).copied().collect();
        let excess = excess.split_off(excess.len() - count);
        self.leaving.extend(&excess);
        let (stopped, done) = oneshot::channel();
        let _ = self.changes.try_send(OwnershipChange::Revoked { partitions: excess.clone(), done: stopped });
        let (broker, key, number) = (Arc::clone(broker), key.clone(), self.number);
        tokio::spawn(async move {
            let _ = tokio::time::timeout(Duration::from_millis(REVOKE_MS_MAX), done).await;
            broker.lock().groups.release(&broker, &key, number, &excess);
        });
    }
}
