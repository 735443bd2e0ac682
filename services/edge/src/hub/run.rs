//! The hub's tasks, from its start to its end.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use threadline_domain::{Offset, Partition, Topic};
use threadline_eventlog::{Start, Tail, partition_of};
use threadline_hub::{Ending, HubConfig, Starts};
use threadline_projections::Progress;
use threadline_wire::CloseCode;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::feed::Feed;
use super::held::Held;
use super::readiness::Readiness;
use super::rejections;
use super::requests::SignalRequest;
use super::shared::{Core, Deps};
use super::signals::Signals;
use crate::session::SessionHandle;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long to wait before the log is asked again where it ends.
const START_RETRY: Duration = Duration::from_millis(500);
/// A hub that starts reads the records that the projection does not have yet, at most so many of a partition.
const START_RECORDS_MAX: u64 = 20_000;

/// Where the hub's core appears once it has started.
#[derive(Default)]
pub(super) struct Started {
    core: OnceLock<Arc<Core>>,
    is_set: Notify,
}

impl Started {
    /// Returns the core, once the hub has started.
    pub(super) fn get(&self) -> Option<&Arc<Core>> {
        self.core.get()
    }

    /// Waits for the hub's start.
    pub(super) async fn wait(&self) -> &Arc<Core> {
        loop {
            let set = self.is_set.notified();
            if let Some(core) = self.core.get() {
                return core;
            }
            set.await;
        }
    }

    fn set(&self, core: Arc<Core>) {
        let _ = self.core.set(core);
        self.is_set.notify_waiters();
    }
}

/// Follows the log until a task of the hub fails.
pub(super) async fn run(
    deps: Deps,
    readiness: Arc<Readiness>,
    started: Arc<Started>,
    signals: (mpsc::Sender<SignalRequest>, mpsc::Receiver<SignalRequest>),
) {
    let plan = Plan::make(&deps).await;
    let hub = hub_of(&deps, &plan);
    let tails = Tails::open(&deps, &plan);
    let (requests, inbox) = signals;
    let core = Arc::new(Core::new(deps, hub, requests));
    tracing::info!(edge.id = core.deps.commands.edge(), hub.partitions = plan.starts.len(), "the hub follows the log");
    let _guard = EndSessions(Arc::clone(&core));
    let held = Arc::new(Held::default());
    let feed = Feed::new(&core, Arc::clone(&held), plan.ends);
    let mut tasks = JoinSet::new();
    tasks.spawn(follow_messages(tails.messages, feed));
    tasks.spawn(follow_rejections(tails.rejections, Arc::clone(&core), held));
    tasks.spawn(follow_reads(tails.reads, Arc::clone(&core)));
    tasks.spawn(Signals::new(Arc::clone(&core)).run(tails.signals, inbox));
    tasks.spawn(tick(Arc::clone(&core)));
    tasks.spawn(probe(Arc::clone(&core), readiness));
    started.set(core);
    // They run for ever: one that ends has failed, and without it sessions miss something.
    tasks.join_next().await;
}

/// Where the hub starts.
struct Plan {
    starts: BTreeMap<Partition, threadline_hub::Start>,
    /// Where `messages` ended when the hub started.
    ends: BTreeMap<Partition, Offset>,
    rejections: BTreeMap<Partition, Offset>,
}

impl Plan {
    async fn make(deps: &Deps) -> Self {
        let (ends, rejections) = loop {
            match ends(deps).await {
                Ok(ends) => break ends,
                Err(error) => {
                    tracing::warn!(error = %error, "failed to start the hub: the log does not say where it ends; retrying");
                }
            }
            tokio::time::sleep(START_RETRY).await;
        };
        // From the projection's progress on, the ring continues every snapshot. Without projection nobody can join, so any
        // start will do.
        let progress = deps.views.progress(Topic::Messages).await.unwrap_or_default();
        let start = |(&partition, &end): (&Partition, &Offset)| {
            let Progress { next, cause } = progress.get(&partition).copied().unwrap_or_default();
            let start = next.max(end.saturating_sub(START_RECORDS_MAX)).min(end);
            (partition, threadline_hub::Start { next: start, cause: cause.filter(|_| start == next) })
        };
        Self { starts: ends.iter().map(start).collect(), ends, rejections }
    }
}

fn hub_of(deps: &Deps, plan: &Plan) -> threadline_hub::Hub<SessionHandle> {
    let config = HubConfig {
        ring_bytes_max: deps.config.hub.ring_bytes_max,
        sessions_per_user_max: deps.config.sessions.per_user_max,
        partition_of: |thread, partitions| partition_of(thread.to_string().as_bytes(), partitions),
    };
    let starts = Starts::from([(Topic::Messages, plan.starts.values().copied().collect())]);
    threadline_hub::Hub::new(config, &starts)
}

struct Tails {
    messages: Tail,
    rejections: Tail,
    reads: Tail,
    signals: Tail,
}

impl Tails {
    fn open(deps: &Deps, plan: &Plan) -> Self {
        let messages = plan.starts.iter().map(|(&partition, start)| (partition, Start::At(start.next))).collect();
        let rejections = plan.rejections.iter().map(|(&partition, &next)| (partition, Start::At(next))).collect();
        let end = |topic| (0..deps.log.partitions(topic)).map(|partition| (partition, Start::End)).collect();
        Self {
            messages: deps.log.tail(Topic::Messages, messages),
            rejections: deps.log.tail(Topic::Rejections, rejections),
            reads: deps.log.tail(Topic::Reads, end(Topic::Reads)),
            signals: deps.log.tail(Topic::Signals, end(Topic::Signals)),
        }
    }
}

async fn follow_messages(mut tail: Tail, mut feed: Feed) {
    while let Some(batch) = tail.next().await {
        feed.on_batch(&batch).await;
    }
}

async fn follow_rejections(mut tail: Tail, core: Arc<Core>, held: Arc<Held>) {
    while let Some(batch) = tail.next().await {
        rejections::on_batch(&core, &held, &batch);
    }
}

async fn follow_reads(mut tail: Tail, core: Arc<Core>) {
    while let Some(batch) = tail.next().await {
        core.on_reads(&batch);
    }
}

/// Answers commands whose deadline has passed, drops frames whose texts were erased, measures.
async fn tick(core: Arc<Core>) {
    let mut destroyed = core.deps.keyring.destroyed();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                core.deps.commands.expire(Instant::now());
                metrics::gauge!("threadline_edge_ring_bytes").set(core.hub.ring_bytes() as f64);
                metrics::gauge!("threadline_edge_sessions").set(core.hub.count_sessions() as f64);
            }
            Ok(()) = destroyed.changed() => core.hub.forget_frames(),
        }
    }
}

/// Compares the hub's progress with the log's end.
async fn probe(core: Arc<Core>, readiness: Arc<Readiness>) {
    loop {
        let ends = core.deps.log.ends(Topic::Messages).await;
        // A partition that does not answer has no end to lag behind.
        readiness.probe(core.hub.progress(), ends.known()).await;
    }
}

/// Ends all sessions when the hub ends: without it nothing reaches them any more.
struct EndSessions(Arc<Core>);

impl Drop for EndSessions {
    fn drop(&mut self) {
        for session in self.0.hub.close() {
            session.end(Ending::AtOnce(CloseCode::Drain));
        }
    }
}

/// Where `messages` ends, and where the partition of `rejections` ends that holds this edge's refusals.
async fn ends(
    deps: &Deps,
) -> Result<(BTreeMap<Partition, Offset>, BTreeMap<Partition, Offset>), threadline_eventlog::Error> {
    let messages = deps.log.ends(Topic::Messages).await.all()?;
    let ours = partition_of(deps.commands.edge().as_bytes(), deps.log.partitions(Topic::Rejections));
    let mut rejections = deps.log.ends(Topic::Rejections).await.all()?;
    rejections.retain(|&partition, _| partition == ours);
    Ok((messages, rejections))
}
