//! Shares partitions among processes by Postgres session locks, which end with the connection that holds them.
//!
//! Each member holds one shared lock for its presence and one exclusive lock for each partition it owns. All members
//! see the same locks and order themselves by their connections, so they agree on how many partitions each may own
//! without talking: a member with too many gives some up, a member with too few takes free ones. A frozen member loses
//! its session, and notices when it wakes up.
//!
//! ```text
//! 6 partitions   member 1 ▓▓▓▓▓▓                 alone: owns all
//!                member 1 ▓▓▓    member 2 ▓▓▓    the second joined: 1 gives up 3, then 2 takes them
//!                                member 2 ▓▓▓▓▓▓ the first died: its locks ended with its connection
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use threadline_domain::topic::Durability;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, timeout};

use crate::partition::murmur2;
use crate::postgres::connect::{Backoff, connect, options, unavailable};
use crate::postgres::presence::is_alone;
use crate::{Error, Offset, Ownership, OwnershipChange, Partition};

/// How often a member looks at the locks. A dead member's partitions are taken within about this time.
const ROUND_MS: u64 = 200;
/// The longest a member may go without looking at the locks; after that it counts its partitions as lost.
const ROUND_MS_MAX: u64 = 3_000;
/// The server ends the session of a member that has not looked for this long: a frozen member keeps its connection, and
/// would keep its locks.
const IDLE_MS_MAX: &str = "2500";
/// The longest a member may take to stop working on partitions it gives up.
const REVOKE_MS_MAX: u64 = 3_000;
/// Changes that may wait for the owner.
const CHANGES_MAX: usize = 16;
/// The lock, among those of a lease, that stands for a member's presence.
const PRESENCE: i32 = i32::MAX;

const JOIN: &str = "SELECT pg_advisory_lock_shared($1, $2)";
const ALONE: &str = concat!("SELECT ", is_alone!());
const LOOK: &str = "
    SELECT objid::bigint, pid, pid = pg_backend_pid() FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid::bigint = $1::integer::oid::bigint AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
";
const TAKE: &str = "SELECT partition FROM unnest($2::integer[]) AS partition WHERE pg_try_advisory_lock($1, partition)";
const RELEASE: &str = "SELECT pg_advisory_unlock($1, partition) FROM unnest($2::integer[]) AS partition";

/// The database whose locks the members hold.
pub type Database = PgConnectOptions;

/// Takes part in sharing out `partitions` partitions among all processes that use the same `name` on the same database.
///
/// - No two members own a partition, except that a member that lost its connection may work on for a moment until it
///   receives `Lost`; so writers need a check of their own (a compare-and-set, or the cause).
/// - A dead member's partitions are taken within about 200 ms, those of a frozen one within 3 s.
/// - Stores no offsets: partitions are assigned without one, and commits are dropped.
/// - An outage of Postgres gives `Lost`; the member reconnects by itself and is assigned partitions again.
///
/// Lasts until the returned value is dropped. Call it within a Tokio runtime.
pub fn share(database: &Database, name: &str, partitions: u32) -> Ownership {
    let (changes, changes_out) = mpsc::channel(CHANGES_MAX);
    let (commits, commits_unread) = mpsc::channel(1);
    let member = Member {
        class: murmur2(name.as_bytes()) as i32,
        partitions: partitions as i32,
        changes,
        owned: BTreeSet::new(),
        leaving: None,
        _commits_unread: commits_unread,
    };
    let options = options(database, Durability::Relaxed).options([("idle_session_timeout", IDLE_MS_MAX)]);
    tokio::spawn(member.run(options));
    Ownership::new(changes_out, commits)
}

struct Member {
    class: i32,
    partitions: i32,
    changes: mpsc::Sender<OwnershipChange>,
    owned: BTreeSet<i32>,
    leaving: Option<Revocation>,
    /// Dropped when the lease is given back.
    _commits_unread: mpsc::Receiver<(Partition, Offset)>,
}

/// Partitions that are being given up.
struct Revocation {
    partitions: Vec<i32>,
    done: oneshot::Receiver<()>,
    until: Instant,
}

/// Why a member stopped.
enum Stop {
    /// Nobody listens to the changes any more.
    Left,
    /// The connection is gone, and its locks with it.
    Lost(Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Lost(unavailable(error))
    }
}

impl Member {
    async fn run(mut self, options: PgConnectOptions) {
        let mut backoff = Backoff::new();
        loop {
            let stop = match connect(&options).await {
                Ok(mut connection) => {
                    backoff.reset();
                    self.hold(&mut connection).await
                }
                Err(error) => Err(Stop::Lost(error)),
            };
            self.leaving = None;
            let lost = std::mem::take(&mut self.owned);
            match stop {
                Err(Stop::Lost(error)) => tracing::warn!(
                    %error,
                    partitions = lost.len(),
                    "failed to hold the lease of {} partitions: {error}; taking part again",
                    lost.len()
                ),
                Ok(()) | Err(Stop::Left) => return,
            }
            if !lost.is_empty() && self.send(OwnershipChange::Lost(names(&lost))).await.is_err() {
                return;
            }
            tokio::select! {
                () = backoff.wait() => {}
                () = self.changes.closed() => return,
            }
        }
    }

    async fn hold(&mut self, connection: &mut PgConnection) -> Result<(), Stop> {
        in_time(sqlx::query(JOIN).bind(self.class).bind(PRESENCE).execute(&mut *connection)).await?;
        let mut round = tokio::time::interval(Duration::from_millis(ROUND_MS));
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = round.tick() => {}
                () = Revocation::stopped(&mut self.leaving) => {
                    let left = self.leaving.take().map_or_else(Vec::new, |leaving| leaving.partitions);
                    self.owned.retain(|partition| !left.contains(partition));
                    in_time(sqlx::query(RELEASE).bind(self.class).bind(left).execute(&mut *connection)).await?;
                }
                () = self.changes.closed() => return Err(Stop::Left),
            }
            self.balance(connection).await?;
        }
    }

    /// Looks at the locks, then gives up or takes partitions until this member has its share.
    async fn balance(&mut self, connection: &mut PgConnection) -> Result<(), Stop> {
        let owns_all = self.owned.len() == self.partitions as usize && self.leaving.is_none();
        if owns_all && self.is_alone(connection).await? {
            return Ok(());
        }
        let look = sqlx::query_as(LOOK).bind(self.class).fetch_all(&mut *connection);
        let locks: Vec<(i64, i32, bool)> = in_time(look).await?;
        let mut members: Vec<(i32, bool)> = locks
            .iter()
            .filter(|(lock, ..)| *lock == i64::from(PRESENCE))
            .map(|&(_, connection, ours)| (connection, ours))
            .collect();
        members.sort_unstable();
        let rank = members.iter().position(|(_, ours)| *ours).unwrap_or(0);
        let quota = quota(self.partitions as usize, members.len(), rank);

        if self.leaving.is_some() {
            return Ok(());
        }
        if self.owned.len() > quota {
            let excess: Vec<i32> = self.owned.iter().rev().take(self.owned.len() - quota).copied().collect();
            let (stopped, done) = oneshot::channel();
            self.send(OwnershipChange::Revoked { partitions: names(&excess), done: stopped }).await?;
            let until = Instant::now() + Duration::from_millis(REVOKE_MS_MAX);
            self.leaving = Some(Revocation { partitions: excess, done, until });
        } else if self.owned.len() < quota {
            let taken: BTreeSet<i64> = locks.iter().map(|(lock, ..)| *lock).collect();
            let free: Vec<i32> = (0..self.partitions)
                .filter(|&partition| !taken.contains(&i64::from(partition)))
                .take(quota - self.owned.len())
                .collect();
            if !free.is_empty() {
                let take = sqlx::query_scalar(TAKE).bind(self.class).bind(free).fetch_all(connection);
                let ours: Vec<i32> = in_time(take).await?;
                self.owned.extend(&ours);
                if !ours.is_empty() {
                    let assigned: BTreeMap<_, _> =
                        names(&ours).into_iter().map(|partition| (partition, None)).collect();
                    self.send(OwnershipChange::Assigned(assigned)).await?;
                }
            }
        }
        Ok(())
    }

    async fn is_alone(&self, connection: &mut PgConnection) -> Result<bool, Stop> {
        in_time(sqlx::query_scalar(ALONE).bind(self.class).bind(PRESENCE).fetch_one(connection)).await
    }

    async fn send(&self, change: OwnershipChange) -> Result<(), Stop> {
        self.changes.send(change).await.map_err(|_| Stop::Left)
    }
}

impl Revocation {
    /// Waits until the owner has stopped or its time is up; pending while nothing is being given up.
    async fn stopped(leaving: &mut Option<Self>) {
        match leaving {
            Some(leaving) => {
                let _ = tokio::time::timeout_at(leaving.until, &mut leaving.done).await;
            }
            None => std::future::pending().await,
        }
    }
}

/// Returns how many of the partitions the member at this rank may own.
pub(crate) const fn quota(partitions: usize, members: usize, rank: usize) -> usize {
    if members == 0 {
        return 0;
    }
    partitions / members + (rank < partitions % members) as usize
}

fn names<'a>(partitions: impl IntoIterator<Item = &'a i32>) -> Vec<Partition> {
    partitions.into_iter().map(|&partition| partition as Partition).collect()
}

async fn in_time<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Stop> {
    match timeout(Duration::from_millis(ROUND_MS_MAX), statement).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Stop::Lost(Error::Unavailable(format!("no answer within {ROUND_MS_MAX} ms").into()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_differ_by_one_at_most_and_cover_all_partitions() {
        for partitions in 1..30 {
            for members in 1..30 {
                let quotas: Vec<_> = (0..members).map(|rank| quota(partitions, members, rank)).collect();
                assert_eq!(quotas.iter().sum::<usize>(), partitions);
                assert!(quotas.iter().max().unwrap() - quotas.iter().min().unwrap() <= 1);
            }
        }
    }
}
