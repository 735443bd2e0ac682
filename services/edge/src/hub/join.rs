//! Lets a session into the hub: the snapshot of a user's memberships, continued from the rings.

use std::borrow::Cow;
use std::sync::Arc;

use threadline_domain::thread::Thread;
use threadline_domain::{Position, UserId};
use threadline_eventlog::{LoggedAggregate, Stopped};
use threadline_hub::{Join, JoinMembership, Joined, Joining, LocalUser, NotJoined, ThreadState};
use threadline_projections::Memberships;
use threadline_wire::Offsets;

use super::requests::SignalRequest;
use super::shared::Core;
use crate::session::SessionHandle;

/// Memberships beyond which other tasks run between two shards.
const MEMBERSHIPS_AT_ONCE_MAX: usize = 1_000;

/// Returns the offsets at which memberships were read. Of a partition that nothing was projected from yet, that is 0.
pub(crate) fn snapshot_of(memberships: &Memberships, partitions: u32) -> Offsets {
    let next = |partition| memberships.progress.get(&partition).map_or(0, |progress| progress.next);
    Offsets::from([(Thread::EVENTS, (0..partitions).map(next).collect())])
}

impl Core {
    /// Lets a session in. `from` are the offsets below which the client has every event.
    pub(super) async fn join(
        &self,
        user: &UserId,
        session: &Arc<SessionHandle>,
        memberships: &Memberships,
        from: &Offsets,
    ) -> Result<Joined<SessionHandle>, NotJoined> {
        let snapshot = snapshot_of(memberships, self.deps.log.partitions(Thread::EVENTS));
        let reached = tokio::time::timeout(self.deps.config.hub.join_wait, self.reach(&snapshot, from)).await;
        let (snapshot, from) = reached.map_err(|_| NotJoined::Behind)?;
        let memberships: Vec<_> = memberships
            .threads
            .iter()
            .map(|membership| JoinMembership {
                thread: membership.thread,
                partition: membership.partition,
                is_member: membership.role.is_some(),
                state: ThreadState { last_seq: membership.last_seq, last_number: membership.last_number },
            })
            .collect();
        let (session, memberships) = (Arc::clone(session), memberships.as_slice());
        let join = Join { user, session: Arc::clone(&session), memberships, snapshot: &snapshot, from: &from };
        let mut joining = Joining::start(&self.hub, join)?;
        while memberships.len() > MEMBERSHIPS_AT_ONCE_MAX && joining.next_shard()? {
            tokio::task::yield_now().await;
        }
        let joined = joining.finish()?;
        self.signal(SignalRequest::Entered { user: user.clone(), session });
        Ok(joined)
    }

    /// Waits until the hub has caught up with the log's end at its start, and has reached these offsets. Returns them as
    /// far as it ever gets: in a partition that stands still, others may have read on.
    async fn reach<'a>(&self, snapshot: &'a Offsets, from: &'a Offsets) -> (Cow<'a, Offsets>, Cow<'a, Offsets>) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.has_caught_up() {
                let reachable = (self.reachable(snapshot), self.reachable(from));
                if self.hub.progress().has_reached(&reachable.0) && self.hub.progress().has_reached(&reachable.1) {
                    return reachable;
                }
            }
            moved.await;
        }
    }

    /// Returns these offsets, in partitions that stand still at most the hub's own.
    fn reachable<'a>(&self, offsets: &'a Offsets) -> Cow<'a, Offsets> {
        let mut offsets = Cow::Borrowed(offsets);
        for Stopped { position: Position { topic, partition, .. }, .. } in self.deps.stopped.all() {
            let next = self.hub.progress().next(topic, partition);
            let is_beyond =
                offsets.get(&topic).and_then(|all| all.get(partition as usize)).is_some_and(|&at| at > next);
            if is_beyond && let Some(all) = offsets.to_mut().get_mut(&topic) {
                all[partition as usize] = next;
            }
        }
        offsets
    }

    /// Lets a session go.
    pub(super) fn leave(&self, user: &Arc<LocalUser<SessionHandle>>, session: &Arc<SessionHandle>) {
        let threads = self.hub.leave(user, session);
        self.signal(SignalRequest::Left { user: user.id().clone(), threads });
        self.left.notify_waiters();
    }
}
