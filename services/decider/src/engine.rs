//! Shares out partitions among deciders and runs a worker for each one owned.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadline_eventlog::{EventLog, Offset, OwnershipChange, Partition};
use threadline_views::{Progress, Views};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::reader::Reader;
use crate::takeover::take_over;
use crate::worker::Worker;
use crate::{Binding, Config};

/// An owned partition.
struct Owned {
    stop: CancellationToken,
    worker: JoinHandle<()>,
    done: watch::Receiver<Option<Offset>>,
    committed: Option<Offset>,
}

/// What all partitions of an engine share.
struct Shared {
    config: Arc<Config>,
    log: Arc<dyn EventLog>,
    views: Views,
    reader: Reader,
    progress: watch::Sender<BTreeMap<Partition, Progress>>,
}

/// Decides the commands of one aggregate type until `shutdown`.
pub(crate) async fn run<B: Binding>(
    config: Arc<Config>,
    log: Arc<dyn EventLog>,
    views: Views,
    shutdown: CancellationToken,
) {
    let mut ownership = log.own(B::COMMANDS, &config.group);
    let reader = Reader::start(Arc::clone(&log), B::COMMANDS);
    let mut interval = tokio::time::interval(config.progress_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let shared = Arc::new(Shared { config, log, views, reader, progress: watch::Sender::default() });
    let watching = tokio::spawn(watch_progress::<B>(Arc::clone(&shared)));
    let mut owned: BTreeMap<Partition, Owned> = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            change = ownership.changed() => match change {
                None => break,
                Some(OwnershipChange::Assigned(partitions)) => {
                    tracing::info!(topic = %B::COMMANDS, partitions = ?partitions.keys(), "partitions assigned");
                    for (partition, committed) in partitions {
                        give_up(&shared, owned.remove(&partition)).await;
                        owned.insert(partition, take::<B>(&shared, partition, committed));
                    }
                }
                Some(OwnershipChange::Revoked { partitions, done }) => {
                    tracing::info!(topic = %B::COMMANDS, ?partitions, "partitions revoked");
                    give_up_all(&shared, partitions.iter().filter_map(|partition| owned.remove(partition))).await;
                    let _ = done.send(());
                }
                Some(OwnershipChange::Lost(partitions)) => {
                    tracing::warn!(topic = %B::COMMANDS, ?partitions, "partitions lost");
                    give_up_all(&shared, partitions.iter().filter_map(|partition| owned.remove(partition))).await;
                }
            },
            _ = interval.tick() => {
                for (&partition, owned) in &mut owned {
                    let done = *owned.done.borrow_and_update();
                    if let Some(offset) = done && done != owned.committed {
                        ownership.commit(partition, offset);
                        owned.committed = done;
                    }
                }
                metrics::gauge!("threadline_decider_partitions").set(owned.len() as f64);
            }
        }
    }
    watching.abort();
    give_up_all(&shared, std::mem::take(&mut owned).into_values()).await;
}

/// Asks the views again and again how far they are, so that workers can forget what those have. Apart from the engine's
/// loop: views that hang must not keep it from giving partitions up.
async fn watch_progress<B: Binding>(shared: Arc<Shared>) {
    let mut interval = tokio::time::interval(shared.config.progress_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let progress = tokio::time::timeout(shared.config.load_timeout, shared.views.progress(B::EVENTS));
        if let Ok(Ok(progress)) = progress.await {
            shared.progress.send_replace(progress);
        }
    }
}

/// Starts the worker of a partition; it takes over, decides, and takes over again whenever it must.
fn take<B: Binding>(shared: &Arc<Shared>, partition: Partition, committed: Option<Offset>) -> Owned {
    let stop = CancellationToken::new();
    let (done, done_seen) = watch::channel(committed);
    let worker = tokio::spawn({
        let (shared, stop) = (Arc::clone(shared), stop.clone());
        async move {
            while !stop.is_cancelled() {
                let committed = *done.borrow();
                let round = own::<B>(&shared, partition, committed, &done, &stop);
                if round.await.is_ok() {
                    return;
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(shared.config.retry_pause) => {}
                }
            }
        }
    });
    Owned { stop, worker, done: done_seen, committed }
}

/// One round of ownership, from takeover to stop (`Ok`) or to the need of another takeover.
async fn own<B: Binding>(
    shared: &Arc<Shared>,
    partition: Partition,
    committed: Option<Offset>,
    done: &watch::Sender<Option<Offset>>,
    stop: &CancellationToken,
) -> Result<(), ()> {
    let taken = take_over::<B>(&shared.config, &shared.log, &shared.views, partition, committed);
    let taken = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        taken = taken => taken.map_err(|error| tracing::warn!(partition, %error, "a takeover has to be tried again"))?,
    };
    tracing::debug!(partition, resume = taken.resume, end = taken.end, "partition taken over");
    let commands = shared.reader.follow(partition, taken.resume, shared.config.read_ahead_batches_max).await;
    let worker = Worker::<B>::new(
        Arc::clone(&shared.config),
        Arc::clone(&shared.log),
        shared.views.clone(),
        partition,
        taken,
        done.clone(),
    );
    let outcome = worker.run(commands, shared.progress.subscribe(), stop).await;
    shared.reader.leave(partition).await;
    outcome.map_err(|broken| {
        tracing::warn!(partition, reason = ?broken, "the partition has to be taken over again");
        metrics::counter!("threadline_decider_takeovers_repeated_total").increment(1);
    })
}

async fn give_up(shared: &Shared, owned: Option<Owned>) {
    give_up_all(shared, owned).await;
}

async fn give_up_all(shared: &Shared, owned: impl IntoIterator<Item = Owned>) {
    let owned: Vec<Owned> = owned.into_iter().collect();
    for owned in &owned {
        owned.stop.cancel();
    }
    for owned in owned {
        let _ = tokio::time::timeout(shared.config.drain_timeout * 2, owned.worker).await;
    }
}
