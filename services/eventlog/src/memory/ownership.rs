//! A process's membership in a group.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use crate::{Ownership, Topic};

/// Changes that may wait for an owner; one that lets more wait counts as dead.
const CHANGES_MAX: usize = 64;
/// Commits that may wait.
const COMMITS_MAX: usize = 1_024;

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
    // Only a weak end is kept, so that a killed process's owner sees the end of its changes.
    let listens = changes.downgrade();
    let number = broker.join(&key, process, changes);
    let broker = Arc::clone(broker);
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
                Some((partition, offset)) = commits.recv() => broker.commit(&key, partition, offset),
            }
        }
        while let Ok((partition, offset)) = commits.try_recv() {
            broker.commit(&key, partition, offset);
        }
        broker.leave(number);
    });
    Ownership::new(changes_out, commits_in)
}
