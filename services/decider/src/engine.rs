//! Shares out partitions among deciders and runs a worker for each one owned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::{LoggedAggregate, Offset, Ownership, OwnershipChange, Partition, Stopped};
use threadline_projections::Progress;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::States;
use crate::error::{Broken, TakeoverError};
use crate::metrics;
use crate::reader::Reader;
use crate::takeover::take_over;
use crate::worker::{Tools, Worker};

/// An owned partition.
struct Owned {
    stop: CancellationToken,
    worker: JoinHandle<()>,
    done: watch::Receiver<Option<Offset>>,
    committed: Option<Offset>,
}

/// What all partitions of an engine share.
struct Shared<S> {
    tools: Arc<Tools<S>>,
    reader: Reader,
    progress: watch::Sender<BTreeMap<Partition, Progress>>,
}

/// Decides the commands of one type of aggregate until `shutdown`.
pub(crate) async fn run<A: LoggedAggregate, S: States<A>>(tools: Tools<S>, shutdown: CancellationToken) {
    let mut ownership = tools.log.own(A::COMMANDS, &tools.config.group);
    let reader = Reader::start(Arc::clone(&tools.log), A::COMMANDS, &tools.config);
    let mut interval = tokio::time::interval(tools.config.progress_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let shared = Arc::new(Shared { tools: Arc::new(tools), reader, progress: watch::Sender::default() });
    let watching = tokio::spawn(watch_progress::<A, S>(Arc::clone(&shared)));
    let mut owned: BTreeMap<Partition, Owned> = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            change = ownership.changed() => match change {
                Some(change) => apply_change::<A, S>(&shared, &mut owned, change).await,
                None => break,
            },
            _ = interval.tick() => commit_decided(&ownership, &mut owned),
        }
    }
    watching.abort();
    give_up_all(&shared, std::mem::take(&mut owned).into_values()).await;
    if tokio::time::timeout(shared.tools.config.leave_timeout, ownership.leave()).await.is_err() {
        tracing::warn!(
            topic = %A::COMMANDS,
            "failed to leave the group of {} in time; its partitions wait until this member counts as gone",
            A::COMMANDS
        );
    }
}

/// Starts and stops workers as the group decides.
async fn apply_change<A: LoggedAggregate, S: States<A>>(
    shared: &Arc<Shared<S>>,
    owned: &mut BTreeMap<Partition, Owned>,
    change: OwnershipChange,
) {
    let topic = A::COMMANDS;
    match change {
        OwnershipChange::Assigned(partitions) => {
            tracing::info!(%topic, partitions = ?partitions.keys(), "partitions {:?} of {topic} assigned", partitions.keys());
            for (partition, committed) in partitions {
                give_up_all(shared, owned.remove(&partition)).await;
                owned.insert(partition, take::<A, S>(shared, partition, committed));
            }
        }
        OwnershipChange::Revoked { partitions, done } => {
            tracing::info!(%topic, ?partitions, "partitions {partitions:?} of {topic} revoked");
            give_up_all(shared, partitions.iter().filter_map(|partition| owned.remove(partition))).await;
            let _ = done.send(());
        }
        OwnershipChange::Lost(partitions) => {
            tracing::warn!(
                %topic,
                ?partitions,
                "partitions {partitions:?} of {topic} lost; they are taken over again when they are assigned"
            );
            give_up_all(shared, partitions.iter().filter_map(|partition| owned.remove(partition))).await;
        }
    }
}

/// Commits how far each owned partition is decided.
fn commit_decided(ownership: &Ownership, owned: &mut BTreeMap<Partition, Owned>) {
    for (&partition, owned) in &mut *owned {
        let done = *owned.done.borrow_and_update();
        if let Some(offset) = done
            && done != owned.committed
        {
            ownership.commit(partition, offset);
            owned.committed = done;
        }
    }
    metrics::owned_partitions().set(owned.len() as f64);
}

/// Asks for the progress of the states at an interval, so that workers can forget the events that the states have. A
/// task apart from the engine's loop: states that hang must not keep the engine from giving partitions up.
async fn watch_progress<A: LoggedAggregate, S: States<A>>(shared: Arc<Shared<S>>) {
    let mut interval = tokio::time::interval(shared.tools.config.progress_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let progress = tokio::time::timeout(shared.tools.config.load_timeout, shared.tools.states.progress());
        if let Ok(Ok(progress)) = progress.await {
            shared.progress.send_replace(progress);
        }
    }
}

/// Starts the worker of a partition. It takes over, decides, and takes over again whenever it must.
fn take<A: LoggedAggregate, S: States<A>>(
    shared: &Arc<Shared<S>>,
    partition: Partition,
    committed: Option<Offset>,
) -> Owned {
    let stop = CancellationToken::new();
    let (done, done_seen) = watch::channel(committed);
    let worker = tokio::spawn({
        let (shared, stop) = (Arc::clone(shared), stop.clone());
        async move {
            while let Err(pause) = own::<A, S>(&shared, partition, &done, &stop).await {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(pause) => {}
                }
            }
            for topic in [A::COMMANDS, A::EVENTS] {
                shared.tools.stopped.clear(topic, partition);
            }
        }
    });
    Owned { stop, worker, done: done_seen, committed }
}

/// Runs one round of ownership, from takeover to the stop (`Ok`) or to the need of another takeover, after the returned
/// pause.
async fn own<A: LoggedAggregate, S: States<A>>(
    shared: &Shared<S>,
    partition: Partition,
    done: &watch::Sender<Option<Offset>>,
    stop: &CancellationToken,
) -> Result<(), Duration> {
    let Tools { config, log, states, .. } = &*shared.tools;
    let committed = *done.borrow();
    let takeover = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        takeover = take_over::<A>(config, &**log, states, partition, committed) => takeover,
    };
    let takeover = takeover.map_err(|error| match error {
        TakeoverError::Unreadable(stopped) => shared.stop(stopped),
        error => {
            tracing::warn!(
                partition,
                %error,
                "failed to take over partition {partition}: {error}; retrying in {} ms",
                config.retry_pause.as_millis()
            );
            config.retry_pause
        }
    })?;
    shared.tools.stopped.clear(A::EVENTS, partition);
    tracing::debug!(
        partition,
        resume = takeover.resume,
        end = takeover.end,
        "partition {partition} taken over from command {}",
        takeover.resume
    );
    let commands = shared.reader.follow(partition, takeover.resume).await;
    let worker = Worker::<A, S>::new(Arc::clone(&shared.tools), partition, takeover, done.clone());
    let outcome = worker.run(commands, shared.progress.subscribe(), stop).await;
    shared.reader.leave(partition).await;
    outcome.map_err(|broken| {
        metrics::takeovers_repeated().increment(1);
        match broken {
            Broken::Unreadable(stopped) => shared.stop(stopped),
            broken => {
                tracing::warn!(
                    partition,
                    reason = ?broken,
                    "partition {partition} has to be taken over again ({broken:?}); retrying in {} ms",
                    config.retry_pause.as_millis()
                );
                config.retry_pause
            }
        }
    })
}

impl<S> Shared<S> {
    /// Records that a partition stands still; returns when to try again.
    fn stop(&self, stopped: Stopped) -> Duration {
        self.tools.stopped.stop(stopped);
        self.tools.config.stopped_pause
    }
}

async fn give_up_all<S>(shared: &Shared<S>, owned: impl IntoIterator<Item = Owned>) {
    let owned: Vec<Owned> = owned.into_iter().collect();
    for owned in &owned {
        owned.stop.cancel();
    }
    for owned in owned {
        let _ = tokio::time::timeout(shared.tools.config.drain_timeout * 2, owned.worker).await;
    }
}
