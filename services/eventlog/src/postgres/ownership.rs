//! Owns partitions of a topic: a lease, and the offsets that the group has committed.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use super::connect::{Backoff, bounded};
use crate::{Error, Offset, Ownership, OwnershipChange, Partition, Topic, lease};

/// Changes that may wait for the owner.
const CHANGES_MAX: usize = 16;
/// Commits that may wait to be written.
const COMMITS_MAX: usize = 1_024;
/// The interval of writing commits.
const COMMIT_MS: u64 = 500;

const COMMITTED: &str = r#"
    SELECT partition, "offset" FROM threadline_log.commits WHERE consumer = $1 AND topic = $2
"#;

const COMMIT: &str = r#"
    INSERT INTO threadline_log.commits AS c (consumer, topic, partition, "offset")
    SELECT $1, $2, partition, "offset" FROM unnest($3::integer[], $4::bigint[]) AS new (partition, "offset")
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET "offset" = greatest(c."offset", excluded."offset")
"#;

/// A group in a topic.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) pool: PgPool,
    pub(super) database: PgConnectOptions,
    pub(super) topic: Topic,
    pub(super) name: String,
    pub(super) partitions: u32,
}

impl Group {
    /// Takes part. The returned future runs until it is dropped or nobody listens to the changes.
    pub(super) fn join(self) -> (Ownership, impl Future<Output = ()> + Send + 'static) {
        let (changes, changes_out) = mpsc::channel(CHANGES_MAX);
        let (commits_in, commits) = mpsc::channel(COMMITS_MAX);
        (Ownership::new(changes_out, commits_in), self.run(changes, commits))
    }

    async fn run(self, changes: mpsc::Sender<OwnershipChange>, mut commits: mpsc::Receiver<(Partition, Offset)>) {
        let name = format!("{}/{}", self.name, self.topic);
        let mut lease = lease::share(&self.database, &name, self.partitions);
        let mut done = BTreeMap::new();
        let mut write = tokio::time::interval(Duration::from_millis(COMMIT_MS));
        write.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leaving: Option<Release> = None;
        loop {
            tokio::select! {
                change = lease.changed() => {
                    let change = match change {
                        None => return,
                        Some(OwnershipChange::Assigned(partitions)) => {
                            OwnershipChange::Assigned(self.committed(partitions.into_keys()).await)
                        }
                        Some(OwnershipChange::Revoked { partitions, done: released }) => {
                            let (stopped, stops) = oneshot::channel();
                            leaving = Some(Release { stops, released });
                            OwnershipChange::Revoked { partitions, done: stopped }
                        }
                        Some(OwnershipChange::Lost(partitions)) => {
                            done.retain(|partition, _| !partitions.contains(partition));
                            OwnershipChange::Lost(partitions)
                        }
                    };
                    if changes.send(change).await.is_err() {
                        return;
                    }
                }
                Some((partition, offset)) = commits.recv() => { done.insert(partition, offset); }
                () = Release::stopped(&mut leaving) => {
                    self.commit_all(&mut commits, &mut done).await;
                    if let Some(leaving) = leaving.take() {
                        let _ = leaving.released.send(());
                    }
                }
                _ = write.tick() => self.commit(&mut done).await,
                () = changes.closed() => {
                    // While the lease is held, so that the next owner finds the commits.
                    self.commit_all(&mut commits, &mut done).await;
                    lease.leave().await;
                    return;
                }
            }
        }
    }

    async fn committed(&self, partitions: impl Iterator<Item = Partition>) -> BTreeMap<Partition, Option<Offset>> {
        let mut backoff = Backoff::new();
        let committed = loop {
            match self.read().await {
                Ok(committed) => break committed,
                Err(error) => {
                    tracing::debug!(%error, "failed to read the commits of a group: {error}; retrying");
                    backoff.wait().await;
                }
            }
        };
        partitions.map(|partition| (partition, committed.get(&partition).copied())).collect()
    }

    async fn read(&self) -> Result<BTreeMap<Partition, Offset>, Error> {
        let rows = sqlx::query_as(COMMITTED).bind(&self.name).bind(self.topic.number()).fetch_all(&self.pool);
        let rows: Vec<(i32, i64)> = bounded(rows).await?;
        Ok(rows.into_iter().map(|(partition, offset)| (partition as u32, offset as u64)).collect())
    }

    /// Writes the commits, those that wait included.
    async fn commit_all(
        &self,
        commits: &mut mpsc::Receiver<(Partition, Offset)>,
        done: &mut BTreeMap<Partition, Offset>,
    ) {
        while let Ok((partition, offset)) = commits.try_recv() {
            done.insert(partition, offset);
        }
        self.commit(done).await;
    }

    /// Writes the commits; those that could not be written stay for the next time.
    async fn commit(&self, done: &mut BTreeMap<Partition, Offset>) {
        if done.is_empty() {
            return;
        }
        let write = sqlx::query(COMMIT)
            .bind(&self.name)
            .bind(self.topic.number())
            .bind(done.keys().map(|&partition| partition as i32).collect::<Vec<_>>())
            .bind(done.values().map(|&offset| offset as i64).collect::<Vec<_>>());
        match bounded(write.execute(&self.pool)).await {
            Ok(_) => done.clear(),
            Err(error) => tracing::debug!(%error, "failed to write the commits of a group: {error}; retrying"),
        }
    }
}

/// Partitions that are being given up.
struct Release {
    stops: oneshot::Receiver<()>,
    released: oneshot::Sender<()>,
}

impl Release {
    /// Waits until the owner has stopped; pending while nothing is being given up.
    async fn stopped(leaving: &mut Option<Self>) {
        match leaving {
            Some(leaving) => {
                let _ = (&mut leaving.stops).await;
            }
            None => std::future::pending().await,
        }
    }
}
